//! What every stage of the pipeline calls a picture: points, rectangles and I420 planes, owned or borrowed.
//!
//! Coordinates are pixels with **pixel centres at integers**, as OpenCV has them: the centre of the top left pixel
//! is (0, 0), and the picture reaches from -0.5 to width - 0.5. I420 halves the chroma planes in both directions, so
//! that the centre of chroma sample (i, j) lies at luma (2i + 0.5, 2j + 0.5).

mod buffer;
mod geometry;
mod view;

pub use buffer::I420Buffer;
pub use geometry::{InvalidSize, Point, Rect, Size};
pub use view::{I420, Plane};
