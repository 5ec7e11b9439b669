//! Owned pictures, as a scene draws and an encoder reads them.

use crate::{I420, Plane, Size};

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

#[cfg(test)]
mod tests {
    use super::*;

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
