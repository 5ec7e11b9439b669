//! The ball: where it is at any time, and how it looks in an I420 picture.
//!
//! [`Motion`] is the ground truth: a pure function from time to a sub-pixel position. [`Painter`] draws the ball there
//! so that its centroid is that position to a few thousandths of a pixel, which makes the drawing no measurable part
//! of a detection error. Neither has a clock nor does any I/O. Encoding, and who looks at the picture, is not here.

mod background;
mod blocks;
mod coverage;
mod motion;
mod painter;
mod settings;

pub use background::{Background, UnknownBackground};
pub use motion::Motion;
pub use painter::Painter;
pub use settings::{InvalidSettings, Settings};

/// A colour in the studio range of BT.601.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Luma.
    pub y: u8,
    /// Blue-difference chroma.
    pub u: u8,
    /// Red-difference chroma.
    pub v: u8,
}

/// The ball: bright, and far from grey in both chroma planes, so that it stands out where the luma is busy.
pub const BALL: Colour = Colour { y: 210, u: 16, v: 146 };

/// The plain background, and the chroma of the textured one: dark grey.
pub const BACKGROUND: Colour = Colour { y: 32, u: 128, v: 128 };
