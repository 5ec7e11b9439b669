//! The ball: where it is at any time, and how it looks in an I420 picture.
//!
//! [`Motion`] is the ground truth: a pure function from time to a sub-pixel position. [`Painter`] draws the ball there
//! so that its centroid is that position to a few thousandths of a pixel, which makes the drawing no measurable part
//! of a detection error. Neither has a clock nor does any I/O. Encoding, and who sees the picture, is not here.

mod background;
mod blocks;
mod colour;
mod coverage;
mod motion;
mod painter;
mod settings;

pub use background::{Background, UnknownBackground};
pub use colour::{BACKGROUND, BALL, Colour};
pub use motion::Motion;
pub use painter::Painter;
pub use settings::{InvalidSettings, Settings};
