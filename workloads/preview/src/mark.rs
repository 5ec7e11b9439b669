//! The cross at a position.

use picture::{Point, Rect};

use crate::rgb::Rgb;

/// Magenta: in neither the ball nor its backgrounds.
pub(crate) const COLOUR: [u8; 3] = [255, 0, 255];

/// Draws a cross at the pixel nearest to `centre`, cut at the picture's edges. Its middle is left open, so that what it
/// points at can be seen; arms are as long and as broad as suits the picture.
pub(crate) fn draw(picture: &mut Rgb, centre: Point) {
    let centre = Point { x: centre.x.round(), y: centre.y.round() };
    let height = picture.size.height();
    let (reach, gap, breadth) =
        ((height / 40).max(8) as f64, (height / 160).max(2) as f64, (height / 480) as f64);
    let area = Rect::around(centre, reach, picture.size);
    for y in area.y..area.y + area.height {
        let down = (y as f64 - centre.y).abs();
        let pixels = picture.span_mut(area.x, y, area.width);
        for (pixel, x) in pixels.chunks_exact_mut(3).zip(area.x..) {
            let across = (x as f64 - centre.x).abs();
            if across.min(down) <= breadth && across.max(down) >= gap {
                pixel.copy_from_slice(&COLOUR);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use picture::{I420Buffer, Size};
    use proptest::prelude::*;

    use super::*;

    /// The pixels that a cross at `(x, y)` colours in a picture of 64 x 48.
    fn marked(x: f64, y: f64) -> Vec<(usize, usize)> {
        let mut rgb = Rgb::from(I420Buffer::filled(Size::new(64, 48).unwrap(), 32, 128, 128).view());
        draw(&mut rgb, Point { x, y });
        let pixels = rgb.data.chunks_exact(3).enumerate();
        pixels.filter(|(_, pixel)| *pixel == COLOUR).map(|(i, _)| (i % 64, i / 64)).collect()
    }

    #[test]
    fn the_cross_is_even_around_the_nearest_pixel_and_open_there() {
        let pixels = marked(30.4, 19.6);
        // Four arms, from 2 to 8 pixels away.
        assert_eq!(pixels.len(), 4 * 7, "{pixels:?}");
        let sum = pixels.iter().fold((0, 0), |sum, pixel| (sum.0 + pixel.0, sum.1 + pixel.1));
        assert_eq!((sum.0 / pixels.len(), sum.1 / pixels.len()), (30, 20));
        assert!(pixels.contains(&(22, 20)) && pixels.contains(&(30, 28)) && !pixels.contains(&(30, 20)));
    }

    #[test]
    fn at_an_edge_the_rest_of_the_cross_is_drawn() {
        assert_eq!(marked(0.0, 0.0).len(), 2 * 7);
        assert_eq!(marked(63.0, 47.0).len(), 2 * 7);
    }

    proptest! {
        #[test]
        fn no_position_is_too_odd(x in prop::num::f64::ANY, y in prop::num::f64::ANY) {
            prop_assert!(marked(x, y).len() <= 4 * 7);
        }
    }
}
