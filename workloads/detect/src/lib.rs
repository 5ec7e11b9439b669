//! Finds the ball in a decoded picture, with OpenCV, behind one small trait.
//!
//! A detector knows nothing about the ball but that it is round and stands out: its radius, colour and speed are
//! found in the picture, so that the balls of other senders are found as well.

mod blob;
mod contour;
mod detector;
mod difference;
mod disc;
mod kind;
mod levels;
mod locate;
mod matrix;
mod moments;
mod refine;
mod window;

pub use detector::{DetectError, Detection, Detector};
pub use kind::{Kind, UnknownKind, build};
