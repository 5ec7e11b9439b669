//! Draw, encode, decode, detect in a loop: what a frame costs without a network, a clock and other threads.

use std::time::Duration;

use serde::Serialize;

use super::Arguments;
use super::decode::TimedDecoder;
use super::footage::Footage;

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
    let mut footage = Footage::new(arguments)?;
    let mut decoder = TimedDecoder::new(footage.size())?;
    let [mut draw, mut encode, mut decode, mut detect] = [Duration::ZERO; 4];
    for frame in 0..arguments.frames() + WARM_UP {
        let shot = footage.shoot(false)?;
        let decoded = decoder.decode(shot.data)?;
        if frame >= WARM_UP {
            draw += shot.draw;
            encode += shot.encode;
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
