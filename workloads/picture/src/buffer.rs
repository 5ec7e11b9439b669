//! Owned pictures, as a scene draws and an encoder reads them.

use crate::geometry::Size;
use crate::view::{I420, Plane};

/// An owned I420 picture: the three planes without gaps, one after the other.
#[derive(Debug, Clone)]
pub struct I420Buffer {
    size: Size,
    data: Vec<u8>,
}

impl I420Buffer {
    /// A picture of one colour.
    pub fn filled(size: Size, y: u8, u: u8, v: u8) -> Self {
        let luma = size.width() * size.height();
        let mut data = vec![y; luma];
        data.resize(luma + luma / 4, u);
        data.resize(luma + luma / 2, v);
        Self { size, data }
    }

    /// Width and height of the luma plane.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The planes Y, U and V to write to; rows are as long as the plane is wide.
    pub fn planes_mut(&mut self) -> [&mut [u8]; 3] {
        let luma = self.size.width() * self.size.height();
        let (y, chroma) = self.data.split_at_mut(luma);
        let (u, v) = chroma.split_at_mut(luma / 4);
        [y, u, v]
    }

    /// The picture, borrowed.
    pub fn view(&self) -> I420<'_> {
        let (width, height) = (self.size.width(), self.size.height());
        let (y, chroma) = self.data.split_at(width * height);
        let (u, v) = chroma.split_at(width * height / 4);
        let half = |data| Plane::new(data, width / 2, width / 2, height / 2);
        I420::new(self.size, Plane::new(y, width, width, height), half(u), half(v))
    }
}

impl From<I420<'_>> for I420Buffer {
    /// A copy that stays when what `picture` borrows from changes.
    fn from(picture: I420<'_>) -> Self {
        let luma = picture.size().width() * picture.size().height();
        let mut data = Vec::with_capacity(luma + luma / 2);
        for plane in [picture.y(), picture.u(), picture.v()] {
            (0..plane.height()).for_each(|y| data.extend_from_slice(plane.row(y)));
        }
        Self { size: picture.size(), data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_leaves_out_the_gaps_between_rows() {
        let luma = [1, 2, 3, 4, 0, 5, 6, 7, 8, 0];
        let chroma = Plane::new(&[9, 10, 0], 3, 2, 1);
        let size = Size::new(4, 2).unwrap();
        let copy = I420Buffer::from(I420::new(size, Plane::new(&luma, 5, 4, 2), chroma, chroma));
        assert_eq!(copy.data, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9, 10]);
    }

    #[test]
    fn planes_follow_one_another() {
        let mut buffer = I420Buffer::filled(Size::new(4, 2).unwrap(), 1, 2, 3);
        buffer.planes_mut()[1][1] = 9;
        let view = buffer.view();
        assert_eq!(view.y().row(1), [1; 4]);
        assert_eq!(view.u().row(0), [2, 9]);
        assert_eq!(view.v().row(0), [3, 3]);
    }
}
