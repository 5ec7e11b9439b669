//! The colours of a scene.

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
