//! Pictures of all kinds: other senders' balls, balls at the edge, and none at all.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use ballsession_detect::{Detection, Kind, build};
use picture::{I420, I420Buffer, Plane, Point, Size};
use proptest::prelude::*;

/// Y, U, V.
type Colour = [u8; 3];

const GREY: Colour = [32, 128, 128];

/// What BGR (0, 220, 255) on grey 18 becomes in BT.601.
const YELLOW: Colour = [193, 25, 159];
const DARK_GREY: Colour = [31, 128, 128];

fn size(width: usize, height: usize) -> Size {
    Size::new(width, height).unwrap()
}

/// A disc drawn without anti-aliasing, as simple senders do it.
fn disc(size: Size, ball: Colour, background: Colour, centre: Point, radius: f64) -> I420Buffer {
    let [y, u, v] = background;
    let mut buffer = I420Buffer::filled(size, y, u, v);
    let width = size.width();
    for (index, plane) in buffer.planes_mut().into_iter().enumerate() {
        let (scale, shift, width) = if index == 0 { (1.0, 0.0, width) } else { (2.0, 0.5, width / 2) };
        for (place, sample) in plane.iter_mut().enumerate() {
            let at = |sample: usize| scale * sample as f64 + shift;
            let place = Point { x: at(place % width), y: at(place / width) };
            if place.distance(centre) <= radius {
                *sample = ball[index];
            }
        }
    }
    buffer
}

fn detect(kind: Kind, picture: &I420<'_>) -> Option<Detection> {
    build(kind).unwrap().detect(picture).unwrap()
}

#[track_caller]
fn assert_near(found: Option<Detection>, truth: Point, limit: f64) {
    let off = found.map(|found| found.position.distance(truth));
    assert!(off.is_some_and(|off| off <= limit), "off by {off:?} px: {found:?}");
}

#[test]
fn balls_of_other_senders_are_found() {
    let (size, centre) = (size(640, 480), Point { x: 300.0, y: 200.0 });
    for (ball, background, kinds) in [
        (YELLOW, DARK_GREY, &[Kind::Moments, Kind::Contour][..]),
        ([235, 128, 128], [16, 128, 128], &[Kind::Moments, Kind::Contour]),
        ([16, 128, 128], [235, 128, 128], &[Kind::Moments, Kind::Contour]),
        ([81, 90, 240], [16, 128, 128], &[Kind::Moments, Kind::Contour]),
        // As bright as the background: only the colour differs, at half the resolution.
        ([32, 240, 110], GREY, &[Kind::Moments]),
    ] {
        for &kind in kinds {
            let buffer = disc(size, ball, background, centre, 20.0);
            let found = detect(kind, &buffer.view());
            assert_near(found, centre, 0.15);
            assert!(found.is_some_and(|found| (found.radius - 20.0).abs() < 0.5 && found.confidence > 0.9));
        }
    }
}

#[test]
fn a_picture_without_a_ball_has_none() {
    let size = size(640, 480);
    let mut stripes = I420Buffer::filled(size, 32, 128, 128);
    for (place, sample) in stripes.planes_mut()[0].iter_mut().enumerate() {
        *sample = if (place % 640 / 40).is_multiple_of(2) { 40 } else { 180 };
    }
    // A wide bar in the ball's colour is not round.
    let mut bar = I420Buffer::filled(size, 32, 128, 128);
    bar.planes_mut()[1][160 * 100..160 * 120].fill(16);
    for kind in [Kind::Moments, Kind::Contour] {
        for buffer in [&I420Buffer::filled(size, 32, 128, 128), &stripes, &bar] {
            assert_eq!(detect(kind, &buffer.view()), None, "{kind}");
        }
    }
}

#[test]
fn a_texture_alone_is_no_ball() {
    let settings = scene::Settings { size: size(640, 480), radius: 20.0, speed: 0.0, seed: 0 };
    let painter = scene::Painter::new(&settings, scene::Background::Textured).unwrap();
    for kind in [Kind::Moments, Kind::Contour] {
        assert_eq!(detect(kind, &painter.picture()), None, "{kind}");
    }
}

#[test]
fn a_ball_at_the_edge_is_found_and_one_cut_by_it_nearly_so() {
    let size = size(320, 240);
    for kind in [Kind::Moments, Kind::Contour] {
        for centre in [Point { x: 20.0, y: 20.0 }, Point { x: 299.0, y: 219.0 }, Point { x: 20.0, y: 120.0 }]
        {
            let buffer = disc(size, YELLOW, DARK_GREY, centre, 20.0);
            assert_near(detect(kind, &buffer.view()), centre, 0.1);
        }
    }
    let cut = disc(size, YELLOW, DARK_GREY, Point { x: 160.0, y: 5.0 }, 20.0);
    assert_near(detect(Kind::Moments, &cut.view()), Point { x: 160.0, y: 10.0 }, 4.0);
}

#[test]
fn a_lost_track_is_found_again_in_the_same_picture() {
    let size = size(640, 480);
    let mut detector = build(Kind::Moments).unwrap();
    let mut assert_found = |x, y, radius| {
        let centre = Point { x, y };
        let buffer = disc(size, YELLOW, DARK_GREY, centre, radius);
        assert_near(detector.detect(&buffer.view()).unwrap(), centre, 0.05);
    };
    assert_found(100.0, 100.0, 20.0);
    assert_found(110.0, 108.0, 20.0);
    // Far away; partly out of the window searched first; another size; a prediction far outside of the picture.
    assert_found(500.0, 400.0, 20.0);
    assert_found(30.0, 30.0, 20.0);
    assert_found(30.0, 75.0, 20.0);
    assert_found(30.0, 75.0, 8.0);
    assert_found(200.0, 200.0, 150.0);
}

#[test]
fn pictures_may_change_in_size_and_lose_the_ball() {
    let mut detector = build(Kind::Moments).unwrap();
    for (width, height, x, y) in [(640, 480, 600.0, 440.0), (64, 64, 30.0, 31.0), (1920, 1080, 1800.0, 900.0)]
    {
        let (size, centre) = (size(width, height), Point { x, y });
        let buffer = disc(size, YELLOW, DARK_GREY, centre, 10.0);
        assert_near(detector.detect(&buffer.view()).unwrap(), centre, 0.05);
        let [y, u, v] = DARK_GREY;
        let empty = I420Buffer::filled(size, y, u, v);
        assert_eq!(detector.detect(&empty.view()).unwrap(), None);
        assert_near(detector.detect(&buffer.view()).unwrap(), centre, 0.05);
    }
}

#[test]
fn rows_may_lie_further_apart_than_they_are_wide() {
    let (size, centre) = (size(128, 96), Point { x: 70.0, y: 40.0 });
    let buffer = disc(size, YELLOW, DARK_GREY, centre, 12.0);
    let view = buffer.view();
    let spread = |plane: Plane<'_>| -> Vec<u8> {
        let rows = (0..plane.height()).map(|y| [plane.row(y), &[255; 33]].concat());
        let mut data = rows.collect::<Vec<_>>().concat();
        // The last row ends with its last sample.
        data.truncate(data.len() - 33);
        data
    };
    let (y, u, v) = (spread(view.y()), spread(view.u()), spread(view.v()));
    let half = |data| Plane::new(data, 64 + 33, 64, 48);
    let padded = I420::new(size, Plane::new(&y, 128 + 33, 128, 96), half(&u), half(&v));
    for kind in [Kind::Moments, Kind::Contour] {
        assert_eq!(detect(kind, &padded), detect(kind, &view), "{kind}");
        assert_near(detect(kind, &padded), centre, 0.1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_picture_is_survived(
        half_width in 1..40_usize,
        half_height in 1..40_usize,
        seed in any::<u64>(),
        centre in (-20.0..100.0_f64, -20.0..100.0_f64),
        radius in 0.0..60.0_f64,
        noise in 0..=255_u64,
    ) {
        let size = size(2 * half_width, 2 * half_height);
        let mut buffer = disc(size, YELLOW, DARK_GREY, Point { x: centre.0, y: centre.1 }, radius);
        let mut state = seed | 1;
        for sample in buffer.planes_mut().into_iter().flatten() {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *sample = sample.wrapping_add((state % (noise + 1)) as u8);
        }
        for kind in [Kind::Moments, Kind::Contour] {
            let mut detector = build(kind).unwrap();
            for _ in 0..2 {
                if let Some(Detection { position, radius, confidence }) = detector.detect(&buffer.view()).unwrap() {
                    prop_assert!((-1.0..=size.width() as f64).contains(&position.x), "{position:?}");
                    prop_assert!((-1.0..=size.height() as f64).contains(&position.y), "{position:?}");
                    prop_assert!(radius > 0.0 && radius.is_finite());
                    prop_assert!((0.0..=1.0).contains(&confidence));
                }
            }
        }
    }
}
