//! Draws the ball into a picture, touching no more of it than has changed.

use picture::{I420, I420Buffer, Point, Rect};

use crate::background::Background;
use crate::blocks::{BlockRow, solid_blocks, touched_blocks};
use crate::coverage::{RIM, coverage};
use crate::settings::{InvalidSettings, Settings};

/// A picture of the ball that is redrawn where the ball was and where it is now.
#[derive(Debug, Clone)]
pub struct Painter {
    radius: f64,
    background: I420Buffer,
    picture: I420Buffer,
    /// Where the picture differs from the background.
    drawn: Rect,
}

impl Painter {
    /// A picture of the background alone.
    ///
    /// # Errors
    /// Where the settings are not valid.
    pub fn new(settings: &Settings, background: Background) -> Result<Self, InvalidSettings> {
        settings.validate()?;
        let background = background.picture(settings.size);
        let picture = background.clone();
        Ok(Self {
            radius: settings.radius,
            background,
            picture,
            drawn: Rect { x: 0, y: 0, width: 0, height: 0 },
        })
    }

    /// Moves the ball to `position`. The result is what may differ from the picture before: where the ball was
    /// (empty before the first one) and where it is. Both start and end at even pixels.
    ///
    /// Who skips a picture has to add its rectangles to those of the next.
    pub fn draw(&mut self, position: Point) -> [Rect; 2] {
        let before = self.drawn;
        self.restore(before);
        self.drawn = even(Rect::around(position, self.radius + RIM, self.picture.size()));
        self.paint(position);
        [before, self.drawn]
    }

    /// The picture as last drawn.
    pub fn picture(&self) -> I420<'_> {
        self.picture.view()
    }

    fn restore(&mut self, rect: Rect) {
        let source = self.background.view();
        let half = Rect { x: rect.x / 2, y: rect.y / 2, width: rect.width / 2, height: rect.height / 2 };
        let planes = self.picture.planes_mut().into_iter().zip([source.y(), source.u(), source.v()]);
        for ((plane, source), rect) in planes.zip([rect, half, half]) {
            let columns = rect.x..rect.x + rect.width;
            let rows = plane.chunks_exact_mut(source.width()).enumerate().skip(rect.y).take(rect.height);
            for (y, row) in rows {
                row[columns.clone()].copy_from_slice(&source.row(y)[columns.clone()]);
            }
        }
    }

    /// Row pairs of [`Painter::drawn`], each cut into blocks of 2 x 2 pixels: four luma samples, one U and one V.
    fn paint(&mut self, centre: Point) {
        let Rect { x, y, width, height } = self.drawn;
        let stride = self.picture.size().width();
        let [luma, u, v] = self.picture.planes_mut();
        for block_y in y / 2..(y + height) / 2 {
            let top = 2 * block_y;
            let (upper, lower) = luma[top * stride..][..2 * stride].split_at_mut(stride);
            let chroma = block_y * stride / 2..(block_y + 1) * stride / 2;
            let mut rows = BlockRow { upper, lower, u: &mut u[chroma.clone()], v: &mut v[chroma] };

            let drawn = x / 2..(x + width) / 2;
            let touched = touched_blocks(centre, self.radius + RIM, top, &drawn);
            let solid = solid_blocks(centre, self.radius - RIM, top, &touched);
            rows.fill(solid.clone());
            for block_x in (touched.start..solid.start).chain(solid.end..touched.end) {
                rows.blend(block_x, |x, below| {
                    let (dx, dy) = (x as f64 - centre.x, (top + below) as f64 - centre.y);
                    // Not `hypot`, which guards against an overflow that cannot happen here, at ten times the cost.
                    coverage((dx * dx + dy * dy).sqrt(), self.radius)
                });
            }
        }
    }
}

/// The smallest rectangle around `rect` that starts and ends at even pixels, as chroma needs; picture sizes are even.
fn even(rect: Rect) -> Rect {
    let (x, y) = (rect.x & !1, rect.y & !1);
    let span = |from: usize, start: usize, length: usize| (start + length).next_multiple_of(2) - from;
    Rect { x, y, width: span(x, rect.x, rect.width), height: span(y, rect.y, rect.height) }
}

#[cfg(test)]
mod tests {
    use picture::{Plane, Size};
    use proptest::prelude::*;

    use super::*;
    use crate::colour::{BACKGROUND, BALL};

    fn settings(width: usize, height: usize, radius: f64) -> Settings {
        Settings { size: Size::new(width, height).unwrap(), radius, speed: 0.0, seed: 0 }
    }

    fn painter(width: usize, height: usize, radius: f64, background: Background) -> Painter {
        Painter::new(&settings(width, height, radius), background).unwrap()
    }

    /// A plane, and what its samples stand for.
    struct Layer<'a> {
        name: &'static str,
        plane: Plane<'a>,
        /// The levels of the background and of the ball.
        levels: (u8, u8),
        /// How many pixels a sample has each way: it lies in their middle.
        pixels: usize,
    }

    impl Layer<'_> {
        /// What sample (x, y) would be if levels were no whole numbers.
        fn exact(&self, x: usize, y: usize, position: Point, radius: f64) -> f64 {
            let n = self.pixels;
            let covered = |pixel: usize| {
                let (x, y) = (n * x + pixel % n, n * y + pixel / n);
                coverage(Point { x: x as f64, y: y as f64 }.distance(position), radius)
            };
            let share = (0..n * n).map(covered).sum::<f64>() / (n * n) as f64;
            let (background, ball) = self.levels;
            f64::from(background) + share * (f64::from(ball) - f64::from(background))
        }

        /// The mean position of samples, weighted by how far they are from the background.
        fn centroid(&self, sample: impl Fn(usize, usize) -> f64) -> Point {
            let middle = |index: usize| (self.pixels * index) as f64 + (self.pixels - 1) as f64 / 2.0;
            let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
            for y in 0..self.plane.height() {
                for x in 0..self.plane.width() {
                    let weight = (sample(x, y) - f64::from(self.levels.0)).abs();
                    sum += weight;
                    x_sum += weight * middle(x);
                    y_sum += weight * middle(y);
                }
            }
            Point { x: x_sum / sum, y: y_sum / sum }
        }
    }

    fn layers(picture: I420<'_>) -> [Layer<'_>; 3] {
        let [luma, u, v] = planes(picture);
        [
            Layer { name: "luma", plane: luma, levels: (BACKGROUND.y, BALL.y), pixels: 1 },
            Layer { name: "U", plane: u, levels: (BACKGROUND.u, BALL.u), pixels: 2 },
            Layer { name: "V", plane: v, levels: (BACKGROUND.v, BALL.v), pixels: 2 },
        ]
    }

    fn planes(picture: I420<'_>) -> [Plane<'_>; 3] {
        [picture.y(), picture.u(), picture.v()]
    }

    fn same(one: &Painter, other: &Painter) -> bool {
        planes(one.picture())
            .iter()
            .zip(planes(other.picture()))
            .all(|(one, other)| one.contiguous() == other.contiguous())
    }

    fn backgrounds() -> impl Strategy<Value = Background> {
        prop_oneof![Just(Background::Plain), Just(Background::Textured)]
    }

    /// A radius that fits into 448 x 432, and a centre that keeps the ball inside, off the middle by parts of a pixel.
    fn ball() -> impl Strategy<Value = (f64, Point)> {
        (4.0..=200.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64).prop_map(|(radius, x, y)| {
            let low = radius + 2.0;
            let along = |length: f64, share: f64| low + share * (length - 1.0 - 2.0 * low);
            (radius, Point { x: along(448.0, x), y: along(432.0, y) })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_sample_is_its_pixels_mean_coverage_rounded((radius, position) in ball()) {
            let mut painter = painter(448, 432, radius, Background::Plain);
            painter.draw(position);
            for layer in layers(painter.picture()) {
                for y in 0..layer.plane.height() {
                    for (x, &sample) in layer.plane.row(y).iter().enumerate() {
                        let off = (f64::from(sample) - layer.exact(x, y, position, radius)).abs();
                        prop_assert!(off < 0.5 + 1e-9, "{} ({x}, {y}) off by {off} levels", layer.name);
                    }
                }
            }
        }

        // Before rounding, which moves the centroid by chance: V has 18 levels, and a ball of radius 5.3 lay 0.055 px off.
        // Sampling moves it by 0.0035 px at most, and where a sample stands for four pixels by 0.0058 px (a sweep of
        // radius and position).
        #[test]
        fn the_exact_centroid_is_the_position((radius, position) in ball()) {
            let painter = painter(448, 432, radius, Background::Plain);
            for layer in layers(painter.picture()) {
                let limit = if layer.pixels == 1 { 0.004 } else { 0.0065 };
                let off = layer.centroid(|x, y| layer.exact(x, y, position, radius)).distance(position);
                prop_assert!(off < limit, "{} off by {off}", layer.name);
            }
        }

        #[test]
        fn drawing_again_and_again_equals_drawing_once(
            radius in 4.0..=28.0_f64,
            background in backgrounds(),
            // Also across the edges and beyond, which the painter must survive.
            path in prop::collection::vec((-60.0..=160.0_f64, -60.0..=140.0_f64), 1..6),
        ) {
            let mut redrawn = painter(96, 64, radius, background);
            for &(x, y) in &path {
                redrawn.draw(Point { x, y });
            }
            let mut fresh = painter(96, 64, radius, background);
            let (x, y) = path[path.len() - 1];
            fresh.draw(Point { x, y });
            prop_assert!(same(&redrawn, &fresh));
        }

        #[test]
        fn nothing_changes_outside_the_dirty_rectangles(
            radius in 4.0..=28.0_f64,
            background in backgrounds(),
            (from_x, from_y) in (0.0..=96.0_f64, 0.0..=64.0_f64),
            (to_x, to_y) in (0.0..=96.0_f64, 0.0..=64.0_f64),
        ) {
            let mut painter = painter(96, 64, radius, background);
            painter.draw(Point { x: from_x, y: from_y });
            let before = painter.clone();
            let dirty = painter.draw(Point { x: to_x, y: to_y });

            let scales = [1, 2, 2];
            for ((scale, old), new) in scales.into_iter().zip(planes(before.picture())).zip(planes(painter.picture())) {
                for y in 0..old.height() {
                    for x in 0..old.width() {
                        let inside = dirty.iter().any(|rect| holds(rect, x * scale, y * scale));
                        prop_assert!(inside || old.row(y)[x] == new.row(y)[x], "({x}, {y}) / {scale}");
                    }
                }
            }
        }
    }

    fn holds(rect: &Rect, x: usize, y: usize) -> bool {
        (rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y)
    }

    #[test]
    fn rounding_moves_the_drawn_centroid_little_and_to_no_side() {
        // Small balls suffer most. The same ones in each run: 400 parts of a pixel, and chroma has a sample every two.
        let radius = 4.13;
        let mut painter = painter(64, 64, radius, Background::Plain);
        for (layer, limit) in [0.002, 0.005, 0.025].into_iter().enumerate() {
            let (mut x, mut y, mut squares) = (0.0, 0.0, 0.0);
            for step in 0..400 {
                let part = |step: u32| f64::from(step) * 0.1;
                let position = Point { x: 30.013 + part(step % 20), y: 31.037 + part(step / 20) };
                painter.draw(position);
                let layer = &layers(painter.picture())[layer];
                let drawn = layer.centroid(|x, y| f64::from(layer.plane.row(y)[x]));
                x += (drawn.x - position.x) / 400.0;
                y += (drawn.y - position.y) / 400.0;
                squares += drawn.distance(position).powi(2) / 400.0;
            }
            let (mean, rms) = (f64::hypot(x, y), f64::sqrt(squares));
            assert!(
                rms < limit && mean < limit / 10.0,
                "layer {layer}: off by {rms} px (rms), {mean} px to one side"
            );
        }
    }

    #[test]
    fn the_middle_of_the_ball_has_its_colour() {
        for background in [Background::Plain, Background::Textured] {
            let mut painter = painter(64, 64, 20.0, background);
            painter.draw(Point { x: 31.3, y: 30.6 });
            let [luma, u, v] = planes(painter.picture());
            assert_eq!((luma.row(31)[31], u.row(15)[15], v.row(15)[15]), (BALL.y, BALL.u, BALL.v));
        }
    }

    #[test]
    fn the_first_drawing_has_no_place_before() {
        let mut painter = painter(64, 64, 4.0, Background::Plain);
        let [before, now] = painter.draw(Point { x: 30.0, y: 20.0 });
        assert_eq!(before, Rect { x: 0, y: 0, width: 0, height: 0 });
        assert_eq!(now, Rect { x: 24, y: 14, width: 12, height: 12 });
        assert_eq!(painter.draw(Point { x: 31.0, y: 20.0 })[0], now);
    }

    #[test]
    fn a_position_that_is_no_number_draws_nothing() {
        let mut drawn = painter(64, 64, 4.0, Background::Textured);
        drawn.draw(Point { x: 30.0, y: 20.0 });
        drawn.draw(Point { x: f64::NAN, y: 20.0 });
        assert!(same(&drawn, &painter(64, 64, 4.0, Background::Textured)));
    }

    #[test]
    fn invalid_settings_give_no_painter() {
        let error = Painter::new(&settings(64, 64, 29.0), Background::Plain).unwrap_err();
        assert!(matches!(error, InvalidSettings::Room { .. }), "{error}");
    }
}
