//! What encoding and decoding cost, and what the active map does to cost and picture.
//!
//! CPU time, not time on the clock, so that it may run on a busy machine (Linux only):
//! `cargo run --release -p ballsession-vp8 --example cost`

#[path = "../tests/support/mod.rs"]
mod support;

use picture::{Rect, Size};
use support::{Background, Scene, centroid, psnr};
use vp8::{ActiveMap, CLOCK_RATE, Decoder, Encoder, EncoderSettings, FrameKind};

const SECONDS: u32 = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "size         fps  background  map   encode us  decode us  kbit/s  error px mean / p95  dB after 1 s, at the end"
    );
    for (width, height, frames_per_second) in [(640, 480, 30), (1280, 720, 30), (1280, 720, 60)] {
        for background in [Background::Plain, Background::Textured] {
            for map in [false, true] {
                let scene = Scene::new(width, height, background);
                let settings = EncoderSettings { size: scene.size, frames_per_second, bitrate_kbps: 1000 };
                let row = measure(&scene, &settings, map)?;
                let size = format!("{width}x{height}");
                let background = format!("{background:?}");
                let map = if map { "yes" } else { "no" };
                println!("{size:<12} {frames_per_second:<4} {background:<11} {map:<5} {row}");
            }
        }
    }
    Ok(())
}

fn measure(
    scene: &Scene,
    settings: &EncoderSettings,
    with_map: bool,
) -> Result<String, Box<dyn std::error::Error>> {
    let rate = settings.frames_per_second;
    let frames = SECONDS * rate;
    let mut encoder = Encoder::new(settings)?;
    let mut decoder = Decoder::new(scene.size);
    let mut map = ActiveMap::new(scene.size);
    let mut picture = scene.draw(scene.position(0.0));
    let mut before = scene.area(scene.position(0.0));
    let (mut encoding, mut decoding, mut bytes) = (0.0, 0.0, 0);
    let mut errors = Vec::new();
    let mut quality = [0.0; 2];
    for frame in 0..frames {
        let position = scene.position(f64::from(frame) / f64::from(rate));
        let area = scene.area(position);
        scene.paint(&mut picture, before, position);
        scene.paint(&mut picture, area, position);
        let start = cpu_micros()?;
        map.update(&[before, area]);
        let kind = if with_map { FrameKind::Within(&map) } else { FrameKind::Any };
        let encoded = encoder.encode(&picture.view(), u64::from(frame * CLOCK_RATE / rate), kind)?;
        let end = cpu_micros()?;
        let decoded = decoder.decode(encoded.data)?.ok_or("no picture")?;
        decoding += cpu_micros()? - end;
        encoding += end - start;
        bytes += encoded.data.len();
        errors.push(centroid(&decoded, grown(area, scene.size)).distance(position));
        if frame == rate || frame == frames - 1 {
            quality[usize::from(frame != rate)] = psnr(&decoded, &picture.view());
        }
        before = area;
    }
    errors.sort_by(f64::total_cmp);
    let count = f64::from(frames);
    let mean = errors.iter().sum::<f64>() / count;
    let p95 = errors[errors.len() * 95 / 100];
    let kbps = bytes as f64 * 8.0 / 1000.0 / f64::from(SECONDS);
    let [early, late] = quality;
    Ok(format!(
        "{:<10.0} {:<10.0} {kbps:<7.0} {mean:.4} / {p95:<10.4} {early:.1}, {late:.1}",
        encoding / count,
        decoding / count
    ))
}

/// `area` and some pixels around it.
fn grown(area: Rect, size: Size) -> Rect {
    let (x, y) = (area.x.saturating_sub(6), area.y.saturating_sub(6));
    let end = |from: usize, length: usize, limit: usize| (from + length + 6).min(limit);
    let width = end(area.x, area.width, size.width()) - x;
    Rect { x, y, width, height: end(area.y, area.height, size.height()) - y }
}

/// The CPU time that this thread has used, in microseconds.
fn cpu_micros() -> Result<f64, Box<dyn std::error::Error>> {
    let nanos = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(nanos.split(' ').next().ok_or("no number")?.parse::<f64>()? / 1000.0)
}
