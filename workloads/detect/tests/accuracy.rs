//! How far the detectors are off on the scene's own pictures, and on what VP8 leaves of them.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Duration;

use ballsession_detect::{Kind, build};
use picture::{I420, Point, Size};
use scene::{Background, Motion, Painter, Settings};
use vp8::{ActiveMap, Decoder, Encoder, EncoderSettings, FrameKind};

const FRAMES_PER_SECOND: u32 = 30;

/// A scene of 640x480, radius 20, 270 px/s unless said otherwise.
struct Scene {
    settings: Settings,
    background: Background,
    frames: u32,
}

/// What a detector reached; the ball must have been found in every picture.
struct Errors {
    mean: f64,
    p95: f64,
    worst_radius: f64,
    least_confidence: f64,
}

fn scene(width: usize, height: usize, radius: f64, speed: f64) -> Scene {
    let size = Size::new(width, height).unwrap();
    Scene { settings: Settings { size, radius, speed, seed: 5 }, background: Background::Plain, frames: 200 }
}

impl Scene {
    fn textured(self) -> Self {
        Self { background: Background::Textured, ..self }
    }

    fn frames(self, frames: u32) -> Self {
        Self { frames, ..self }
    }

    fn drawn(&self, kind: Kind) -> Errors {
        self.measure(kind, |painter, _, detect| detect(&painter.picture()))
    }

    fn compressed(&self, kind: Kind) -> Errors {
        let size = self.settings.size;
        let bitrate_kbps = 1000;
        let settings = EncoderSettings { size, frames_per_second: FRAMES_PER_SECOND, bitrate_kbps };
        let (mut encoder, mut decoder) = (Encoder::new(&settings).unwrap(), Decoder::new(size));
        let (mut map, mut time) = (ActiveMap::new(size), 0);
        self.measure(kind, move |painter, dirty, detect| {
            map.update(&dirty);
            let kind = if time == 0 { FrameKind::Keyframe } else { FrameKind::Within(&map) };
            let encoded = encoder.encode(&painter.picture(), time, kind).unwrap();
            time += u64::from(vp8::CLOCK_RATE / FRAMES_PER_SECOND);
            let picture = decoder.decode(encoded.data).unwrap().unwrap();
            detect(&picture);
        })
    }

    fn measure(
        &self,
        kind: Kind,
        mut pass: impl FnMut(&Painter, [picture::Rect; 2], &mut dyn FnMut(&I420<'_>)),
    ) -> Errors {
        let motion = Motion::new(&self.settings).unwrap();
        let mut painter = Painter::new(&self.settings, self.background).unwrap();
        let mut detector = build(kind).unwrap();
        let (mut errors, mut worst_radius, mut least_confidence) = (Vec::new(), 0.0_f64, 1.0_f64);
        for frame in 0..self.frames {
            let truth: Point = motion.position(Duration::from_secs(frame.into()) / FRAMES_PER_SECOND);
            let dirty = painter.draw(truth);
            pass(&painter, dirty, &mut |picture| {
                let found = detector.detect(picture).unwrap();
                let found = found.unwrap_or_else(|| panic!("frame {frame}: not found at {truth:?}"));
                errors.push(found.position.distance(truth));
                worst_radius = worst_radius.max((found.radius - self.settings.radius).abs());
                least_confidence = least_confidence.min(found.confidence);
            });
        }
        errors.sort_by(f64::total_cmp);
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        Errors { mean, p95: errors[errors.len() * 95 / 100], worst_radius, least_confidence }
    }
}

impl Errors {
    fn within(&self, mean: f64, p95: f64) {
        assert!(self.mean <= mean && self.p95 <= p95, "mean {:.4} px, p95 {:.4} px", self.mean, self.p95);
    }
}

#[test]
fn moments_of_drawn_balls_are_right_to_a_few_thousandths() {
    for scene in [
        scene(640, 480, 20.0, 270.0),
        scene(64, 64, 4.0, 50.0),
        scene(64, 64, 28.0, 50.0),
        scene(640, 480, 20.0, 5000.0),
        scene(640, 480, 20.0, 0.0).frames(3),
        scene(1280, 720, 31.7, 400.0).frames(60),
        scene(1920, 1080, 200.0, 600.0).frames(20),
    ] {
        let errors = scene.drawn(Kind::Moments);
        errors.within(0.003, 0.005);
        assert!(errors.worst_radius < 0.1 && errors.least_confidence > 0.85);
    }
}

#[test]
fn moments_are_as_good_on_a_texture() {
    scene(640, 480, 20.0, 270.0).textured().drawn(Kind::Moments).within(0.006, 0.01);
    scene(640, 480, 4.0, 270.0).textured().drawn(Kind::Moments).within(0.01, 0.02);
    scene(1920, 1080, 200.0, 600.0).textured().frames(20).drawn(Kind::Moments).within(0.006, 0.01);
}

#[test]
fn moments_of_compressed_balls_are_right_to_a_hundredth() {
    scene(640, 480, 20.0, 270.0).frames(600).compressed(Kind::Moments).within(0.01, 0.02);
    scene(640, 480, 20.0, 270.0).textured().frames(600).compressed(Kind::Moments).within(0.01, 0.02);
    scene(640, 480, 20.0, 5000.0).compressed(Kind::Moments).within(0.01, 0.02);
    scene(640, 480, 20.0, 0.0).compressed(Kind::Moments).within(0.01, 0.02);
    scene(64, 64, 4.0, 50.0).compressed(Kind::Moments).within(0.02, 0.03);
}

#[test]
fn what_a_low_bitrate_makes_of_a_texture_is_no_ball() {
    let Settings { size, .. } = scene(640, 480, 20.0, 0.0).settings;
    let painter = Painter::new(&scene(640, 480, 20.0, 0.0).settings, Background::Textured).unwrap();
    let settings = EncoderSettings { size, frames_per_second: FRAMES_PER_SECOND, bitrate_kbps: 100 };
    let (mut encoder, mut decoder) = (Encoder::new(&settings).unwrap(), Decoder::new(size));
    let mut detectors = [build(Kind::Moments).unwrap(), build(Kind::Contour).unwrap()];
    for time in 0..30 {
        let encoded = encoder.encode(&painter.picture(), 3000 * time, FrameKind::Any).unwrap();
        let picture = decoder.decode(encoded.data).unwrap().unwrap();
        for detector in &mut detectors {
            assert_eq!(detector.detect(&picture).unwrap(), None);
        }
    }
}

#[test]
fn contours_are_right_to_a_tenth() {
    scene(640, 480, 20.0, 270.0).drawn(Kind::Contour).within(0.05, 0.1);
    scene(640, 480, 20.0, 270.0).textured().compressed(Kind::Contour).within(0.07, 0.15);
    scene(64, 64, 4.0, 50.0).drawn(Kind::Contour).within(0.2, 0.4);
}
