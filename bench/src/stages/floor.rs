//! Draw, encode, decode, detect in a loop: what a frame costs without a network, a clock and other threads.

use std::time::Duration;

use serde::Serialize;

use super::Arguments;
use super::decode::TimedDecoder;
use super::source::VideoSource;

/// The first frames are left out: nothing is in any cache yet.
const WARM_UP: u32 = 15;

/// Microseconds of processor time per frame.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct Floor {
    draw: f64,
    encode: f64,
    decode: f64,
    detect: f64,
}

pub(super) fn measure(arguments: &Arguments) -> anyhow::Result<Floor> {
    let mut source = VideoSource::new(arguments)?;
    let mut decoder = TimedDecoder::new(source.size())?;
    let [mut draw, mut encode, mut decode, mut detect] = [Duration::ZERO; 4];
    for index in 0..arguments.frames() + WARM_UP {
        let frame = source.next_frame(false)?;
        let decoded = decoder.decode(frame.data)?;
        if index >= WARM_UP {
            draw += frame.draw;
            encode += frame.encode;
            decode += decoded.decode;
            detect += decoded.detect;
        }
    }
    let per_frame = |total: Duration| micros(total) / f64::from(arguments.frames());
    Ok(Floor {
        draw: per_frame(draw),
        encode: per_frame(encode),
        decode: per_frame(decode),
        detect: per_frame(detect),
    })
}

pub(super) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
