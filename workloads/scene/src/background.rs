//! What the ball moves over.

use picture::{I420Buffer, Size};

use crate::colour::BACKGROUND;

/// What the ball moves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Background {
    /// One colour, [`BACKGROUND`].
    #[default]
    Plain,
    /// A luma ramp with waves on it (luma 12 to 76), the same for every picture of a size. It costs an encoder more
    /// than a plain one and separates a detector that takes brightness for the ball from one that does not.
    Textured,
}

/// A background that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("background '{0}': must be plain or textured")]
pub struct UnknownBackground(String);

impl std::fmt::Display for Background {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::Textured => "textured",
        })
    }
}

impl std::str::FromStr for Background {
    type Err = UnknownBackground;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "plain" => Ok(Self::Plain),
            "textured" => Ok(Self::Textured),
            _ => Err(UnknownBackground(name.to_owned())),
        }
    }
}

impl Background {
    /// A picture of nothing else.
    pub(crate) fn picture(self, size: Size) -> I420Buffer {
        let mut picture = I420Buffer::filled(size, BACKGROUND.y, BACKGROUND.u, BACKGROUND.v);
        if self == Self::Textured {
            let [luma, _, _] = picture.planes_mut();
            for (y, row) in luma.chunks_exact_mut(size.width()).enumerate() {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = texture(x, y, size.width());
                }
            }
        }
        picture
    }
}

fn texture(x: usize, y: usize, width: usize) -> u8 {
    let ramp = 40.0 * x as f64 / width as f64;
    let waves = 12.0 * (x as f64 * 0.13).sin() * (y as f64 * 0.11).cos();
    (24.0 + ramp + waves) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_as_they_are_printed() {
        for background in [Background::Plain, Background::Textured] {
            assert_eq!(background.to_string().parse(), Ok(background));
        }
        let error = "Plain".parse::<Background>().unwrap_err();
        assert_eq!(error.to_string(), "background 'Plain': must be plain or textured");
    }

    #[test]
    fn the_texture_is_dark_grey_and_not_flat() {
        let size = Size::new(640, 480).unwrap();
        let picture = Background::Textured.picture(size);
        let luma = picture.view().y();
        let samples = || (0..luma.height()).flat_map(|y| luma.row(y));
        let (darkest, brightest) = (samples().min(), samples().max());
        assert!((12..=16).contains(darkest.unwrap()) && (70..=76).contains(brightest.unwrap()));
        let chroma = picture.view().u();
        assert!((0..chroma.height()).flat_map(|y| chroma.row(y)).all(|&sample| sample == BACKGROUND.u));
    }
}
