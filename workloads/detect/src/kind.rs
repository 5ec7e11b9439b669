//! Detectors by name.

use opencv::core::{LogLevel, set_log_level, set_num_threads};

use crate::contour::Contour;
use crate::detector::{DetectError, Detector};
use crate::moments::Moments;

/// Which detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Finds the ball by its colour and measures it by weighted moments of its brightness, to a hundredth of a pixel;
    /// follows it from picture to picture.
    #[default]
    Moments,
    /// The circle around the largest bright (or dark) contour: a simple one to compare with, right to a tenth of a
    /// pixel. Blind to a ball that differs from the background in colour only.
    Contour,
}

/// A detector that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("detector '{0}': must be moments or contour")]
pub struct UnknownKind(String);

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Moments => "moments",
            Self::Contour => "contour",
        })
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "moments" => Ok(Self::Moments),
            "contour" => Ok(Self::Contour),
            _ => Err(UnknownKind(name.to_owned())),
        }
    }
}

/// A new detector, which has seen no picture yet. OpenCV's own threads are turned off for the whole process, as pictures
/// of this size are faster without; so are its logs, which would stand on stdout among ours (`OPENCV_LOG_LEVEL`).
///
/// # Errors
/// Where OpenCV fails.
pub fn build(kind: Kind) -> Result<Box<dyn Detector>, DetectError> {
    set_log_level(LogLevel::LOG_LEVEL_SILENT)?;
    set_num_threads(1)?;
    Ok(match kind {
        Kind::Moments => Box::new(Moments::default()),
        Kind::Contour => Box::new(Contour::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_as_they_are_printed() {
        for kind in [Kind::Moments, Kind::Contour] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let error = "hough".parse::<Kind>().unwrap_err();
        assert_eq!(error.to_string(), "detector 'hough': must be moments or contour");
    }
}
