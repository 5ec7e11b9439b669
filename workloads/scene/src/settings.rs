//! What can be chosen about a scene, and its limits.

use picture::Size;

/// A scene: its picture and the ball's motion. [`crate::Motion::new`] and [`crate::Painter::new`] refuse what
/// [`Settings::validate`] refuses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The picture's size, 64x64 to 1920x1080.
    pub size: Size,
    /// The ball's radius in pixels, 4 to 200; 2 x radius + 8 is at most the shorter side, so that it has room to move.
    pub radius: f64,
    /// How fast the ball moves, 0 to 5000 pixels per second; at 0 it stays where it starts.
    pub speed: f64,
    /// Chooses where the ball starts and in which direction; the same seed gives the same motion.
    pub seed: u64,
}

/// Settings that no scene can have.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum InvalidSettings {
    /// The picture is too small or too large.
    #[error("video size {width}x{height}: must be 64x64 to 1920x1080")]
    Size {
        /// The width asked for.
        width: usize,
        /// The height asked for.
        height: usize,
    },
    /// The radius is out of range.
    #[error("ball radius {0}: must be 4 to 200 pixels")]
    Radius(f64),
    /// The ball has no room in this picture.
    #[error("ball radius {radius}: must be at most {allowed} in {width}x{height} (2 x radius + 8 must fit)")]
    Room {
        /// The radius asked for.
        radius: f64,
        /// The largest radius that fits.
        allowed: usize,
        /// The picture's width.
        width: usize,
        /// The picture's height.
        height: usize,
    },
    /// The speed is out of range.
    #[error("ball speed {0}: must be 0 to 5000 pixels per second")]
    Speed(f64),
}

impl Settings {
    /// Whether a scene can be like that.
    ///
    /// # Errors
    /// The first value that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        let (width, height) = (self.size.width(), self.size.height());
        if !(64..=1920).contains(&width) || !(64..=1080).contains(&height) {
            return Err(InvalidSettings::Size { width, height });
        }
        if !(4.0..=200.0).contains(&self.radius) {
            return Err(InvalidSettings::Radius(self.radius));
        }
        let shorter = width.min(height);
        if 2.0 * self.radius + 8.0 > shorter as f64 {
            let allowed = shorter / 2 - 4;
            return Err(InvalidSettings::Room { radius: self.radius, allowed, width, height });
        }
        if !(0.0..=5000.0).contains(&self.speed) {
            return Err(InvalidSettings::Speed(self.speed));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: usize, height: usize, radius: f64, speed: f64) -> String {
        let size = Size::new(width, height).unwrap();
        let settings = Settings { size, radius, speed, seed: 1 };
        settings.validate().map_or_else(|error| error.to_string(), |()| "valid".to_owned())
    }

    #[test]
    fn the_limits_themselves_are_valid() {
        assert_eq!(line(64, 64, 4.0, 0.0), "valid");
        assert_eq!(line(64, 64, 28.0, 5000.0), "valid");
        assert_eq!(line(1920, 1080, 200.0, 5000.0), "valid");
    }

    #[test]
    fn a_refusal_names_value_place_and_what_is_allowed() {
        assert_eq!(line(62, 64, 4.0, 0.0), "video size 62x64: must be 64x64 to 1920x1080");
        assert_eq!(line(1920, 1082, 4.0, 0.0), "video size 1920x1082: must be 64x64 to 1920x1080");
        assert_eq!(line(640, 480, 3.9, 0.0), "ball radius 3.9: must be 4 to 200 pixels");
        assert_eq!(line(640, 480, f64::NAN, 0.0), "ball radius NaN: must be 4 to 200 pixels");
        assert_eq!(
            line(80, 64, 29.0, 0.0),
            "ball radius 29: must be at most 28 in 80x64 (2 x radius + 8 must fit)"
        );
        assert_eq!(line(640, 480, 20.0, -1.0), "ball speed -1: must be 0 to 5000 pixels per second");
        assert_eq!(
            line(640, 480, 20.0, f64::INFINITY),
            "ball speed inf: must be 0 to 5000 pixels per second"
        );
    }
}
