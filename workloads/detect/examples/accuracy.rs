//! Prints how far each detector is off and how long it takes, on the scene's own pictures and on what VP8 leaves of
//! them: `cargo run --release -p ballsession-detect --example accuracy`.

use std::error::Error;
use std::time::{Duration, Instant};

use ballsession_detect::{Detector, Kind, build};
use picture::{I420, Point, Size};
use scene::{Background, Motion, Painter, Settings};
use vp8::{ActiveMap, Decoder, Encoder, EncoderSettings, FrameKind};

const FRAMES: u32 = 900;
const FRAMES_PER_SECOND: u32 = 30;

struct Case {
    size: (usize, usize),
    radius: f64,
    speed: f64,
    background: Background,
}

const CASES: [Case; 9] = [
    Case { size: (640, 480), radius: 20.0, speed: 270.0, background: Background::Plain },
    Case { size: (640, 480), radius: 20.0, speed: 270.0, background: Background::Textured },
    Case { size: (640, 480), radius: 4.0, speed: 270.0, background: Background::Textured },
    Case { size: (640, 480), radius: 20.0, speed: 5000.0, background: Background::Plain },
    Case { size: (640, 480), radius: 20.0, speed: 0.0, background: Background::Plain },
    Case { size: (1280, 720), radius: 30.0, speed: 400.0, background: Background::Plain },
    Case { size: (1920, 1080), radius: 45.0, speed: 600.0, background: Background::Plain },
    Case { size: (1920, 1080), radius: 200.0, speed: 600.0, background: Background::Textured },
    Case { size: (64, 64), radius: 4.0, speed: 50.0, background: Background::Plain },
];

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "size       radius speed background codec detector |  mean    p95    max px missed | us p10   p50   p95"
    );
    for case in CASES {
        for compressed in [false, true] {
            for kind in [Kind::Moments, Kind::Contour] {
                let Case { size: (width, height), radius, speed, background } = case;
                let codec = if compressed { "vp8" } else { "none" };
                print!(
                    "{width:>4}x{height:<4} {radius:>7} {speed:>5} {background:<10} {codec:<5} {kind:<8} | "
                );
                run(&case, compressed, build(kind)?.as_mut())?;
            }
        }
    }
    Ok(())
}

fn run(case: &Case, compressed: bool, detector: &mut dyn Detector) -> Result<(), Box<dyn Error>> {
    let size = Size::new(case.size.0, case.size.1)?;
    let settings = Settings { size, radius: case.radius, speed: case.speed, seed: 1 };
    let (motion, mut painter) = (Motion::new(&settings)?, Painter::new(&settings, case.background)?);
    let bitrate_kbps = u32::try_from(1000 * (size.width() * size.height() / (640 * 480)).max(1))?;
    let mut encoder =
        Encoder::new(&EncoderSettings { size, frames_per_second: FRAMES_PER_SECOND, bitrate_kbps })?;
    let (mut decoder, mut map) = (Decoder::new(size), ActiveMap::new(size));

    let (mut errors, mut micros, mut missed) = (Vec::new(), Vec::new(), 0);
    let mut detect = |picture: &I420<'_>, truth: Point| -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        let detection = detector.detect(picture)?;
        micros.push(start.elapsed().as_secs_f64() * 1e6);
        match detection {
            Some(detection) => errors.push(detection.position.distance(truth)),
            None => missed += 1,
        }
        Ok(())
    };
    for frame in 0..FRAMES {
        let truth = motion.position(Duration::from_secs(frame.into()) / FRAMES_PER_SECOND);
        map.update(&painter.draw(truth));
        if compressed {
            let kind = if frame == 0 { FrameKind::Keyframe } else { FrameKind::Within(&map) };
            let time = u64::from(frame * vp8::CLOCK_RATE / FRAMES_PER_SECOND);
            let encoded = encoder.encode(&painter.picture(), time, kind)?;
            detect(&decoder.decode(encoded.data)?.ok_or("no picture")?, truth)?;
        } else {
            detect(&painter.picture(), truth)?;
        }
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    errors.sort_by(f64::total_cmp);
    micros.sort_by(f64::total_cmp);
    let at = |sorted: &[f64], percent: usize| sorted.get((sorted.len().max(1) - 1) * percent / 100).copied();
    let error = |percent| at(&errors, percent).unwrap_or(f64::NAN);
    let time = |percent| at(&micros, percent).unwrap_or(f64::NAN);
    println!(
        "{mean:.4} {:.4} {:.4}    {missed:>6} | {:>6.0} {:>5.0} {:>5.0}",
        error(95),
        error(100),
        time(10),
        time(50),
        time(95)
    );
    Ok(())
}
