//! Where the ball is: straight lines, mirrored at the walls.

use std::f64::consts::PI;
use std::time::Duration;

use picture::Point;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::settings::{InvalidSettings, Settings};

/// From the ball's nominal edge to the outermost pixel centre, at least: room for the anti-aliased rim.
const CLEARANCE: f64 = 2.0;

/// How far the direction stays away from an axis, in radians (20 degrees): x and y both change visibly.
const OFF_AXIS: f64 = PI / 9.0;

/// The ball's position as a pure function of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    x: Axis,
    y: Axis,
}

/// One coordinate: `start + velocity * t`, folded into `low..=low + span`.
#[derive(Debug, Clone, PartialEq)]
struct Axis {
    low: f64,
    span: f64,
    start: f64,
    velocity: f64,
}

impl Motion {
    /// The motion that `settings` describes.
    ///
    /// # Errors
    /// Where the settings are not valid.
    pub fn new(settings: &Settings) -> Result<Self, InvalidSettings> {
        settings.validate()?;
        // ChaCha is specified bit by bit: a seed means the same motion in every release and on every platform.
        let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
        // The 53 bits that an f64 holds exactly: uniform in 0..1.
        let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;

        let quadrant = (uniform() * 4.0).floor();
        let angle = quadrant * PI / 2.0 + OFF_AXIS + uniform() * (PI / 2.0 - 2.0 * OFF_AXIS);
        let low = settings.radius + CLEARANCE;
        let mut axis = |length: usize, velocity: f64| {
            let span = (length - 1) as f64 - 2.0 * low;
            Axis { low, span, start: uniform() * span, velocity }
        };
        Ok(Self {
            x: axis(settings.size.width(), settings.speed * angle.cos()),
            y: axis(settings.size.height(), settings.speed * angle.sin()),
        })
    }

    /// Where the ball's centre is `t` after the start, in pixels.
    pub fn position(&self, t: Duration) -> Point {
        Point { x: self.x.at(t), y: self.y.at(t) }
    }
}

impl Axis {
    fn at(&self, t: Duration) -> f64 {
        let travelled = self.start + self.velocity * t.as_secs_f64();
        // Mirroring at both walls is a triangle wave whose period is there and back.
        let phase = travelled.rem_euclid(2.0 * self.span);
        self.low + if phase <= self.span { phase } else { 2.0 * self.span - phase }
    }
}

#[cfg(test)]
mod tests {
    use picture::Size;
    use proptest::prelude::*;

    use super::*;
    use crate::coverage::RIM;

    fn any_settings() -> impl Strategy<Value = Settings> {
        (32..=960_usize, 32..=540_usize, 0.0..=1.0_f64, 0.0..=5000.0_f64, any::<u64>()).prop_map(
            |(half_width, half_height, radius, speed, seed)| {
                let largest = (half_width.min(half_height) as f64 - 4.0).min(200.0);
                let size = Size::new(2 * half_width, 2 * half_height).unwrap();
                Settings { size, radius: 4.0 + radius * (largest - 4.0), speed, seed }
            },
        )
    }

    /// Up to a week, the longest session.
    fn any_time() -> impl Strategy<Value = Duration> {
        (0..=604_800_000_000_u64).prop_map(Duration::from_micros)
    }

    proptest! {
        #[test]
        fn the_ball_with_its_rim_never_leaves_the_picture(settings in any_settings(), t in any_time()) {
            let Point { x, y } = Motion::new(&settings).unwrap().position(t);
            let reach = settings.radius + RIM;
            for (at, length) in [(x, settings.size.width()), (y, settings.size.height())] {
                prop_assert!(at - reach >= 0.0 && at + reach <= (length - 1) as f64, "{at} of {length}");
            }
        }

        #[test]
        fn the_position_is_continuous(settings in any_settings(), t in any_time(), micros in 0..=1_000_000_u64) {
            let motion = Motion::new(&settings).unwrap();
            let step = Duration::from_micros(micros);
            let moved = motion.position(t).distance(motion.position(t + step));
            // A week at full speed is 3e9 px, where an f64 is good to 5e-7.
            prop_assert!(moved <= settings.speed * step.as_secs_f64() + 1e-5, "{moved} px in {step:?}");
        }

        #[test]
        fn both_coordinates_move(settings in any_settings()) {
            let motion = Motion::new(&settings).unwrap();
            // The velocities and not the positions: a bounce may bring a coordinate back to where it was.
            for axis in [&motion.x, &motion.y] {
                prop_assert!(axis.velocity.abs() >= settings.speed * 0.34);
                prop_assert!(axis.span >= 3.0);
            }
        }
    }

    fn settings(speed: f64, seed: u64) -> Settings {
        Settings { size: Size::new(640, 480).unwrap(), radius: 20.0, speed, seed }
    }

    #[test]
    fn a_seed_repeats_and_another_differs() {
        let motion = |seed| Motion::new(&settings(270.0, seed)).unwrap();
        assert_eq!(motion(7), motion(7));
        assert_ne!(motion(7), motion(8));
        let directions = (0..32).map(|seed| {
            let motion = motion(seed);
            (motion.x.velocity > 0.0, motion.y.velocity > 0.0)
        });
        assert_eq!(directions.collect::<std::collections::HashSet<_>>().len(), 4);
    }

    #[test]
    fn the_ball_keeps_its_speed_between_walls() {
        let motion = Motion {
            x: Axis { low: 22.0, span: 595.0, start: 0.0, velocity: 30.0 },
            y: Axis { low: 22.0, span: 435.0, start: 430.0, velocity: 40.0 },
        };
        assert_eq!(motion.position(Duration::ZERO), Point { x: 22.0, y: 452.0 });
        // 10 px further down, of which the wall at 457 mirrors 5.
        assert_eq!(motion.position(Duration::from_millis(250)), Point { x: 29.5, y: 452.0 });
        assert_eq!(motion.position(Duration::from_secs(1)), Point { x: 52.0, y: 422.0 });
    }

    #[test]
    fn at_speed_0_the_ball_stays() {
        let motion = Motion::new(&settings(0.0, 3)).unwrap();
        assert_eq!(motion.position(Duration::ZERO), motion.position(Duration::from_secs(3600)));
    }

    #[test]
    fn invalid_settings_give_no_motion() {
        assert_eq!(Motion::new(&settings(6000.0, 3)), Err(InvalidSettings::Speed(6000.0)));
    }
}
