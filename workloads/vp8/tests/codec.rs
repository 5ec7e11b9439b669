//! What goes in comes out: pictures through an encoder and a decoder.

mod support;

use picture::{I420, I420Buffer, Plane, Point, Rect, Size};
use proptest::prelude::*;
use support::{Background, Scene, centroid, psnr};
use vp8::{ActiveMap, Decoder, Encoder, EncoderSettings, Error, FrameKind, is_keyframe};

/// Ticks between pictures at 30 a second.
const TICKS: u64 = 3000;

fn settings(size: Size) -> EncoderSettings {
    EncoderSettings { size, frames_per_second: 30, bitrate_kbps: 1000 }
}

fn encoder(size: Size) -> Encoder {
    Encoder::new(&settings(size)).expect("settings in range")
}

/// Grain that no frame can predict from another.
fn noise(size: Size, seed: u32) -> I420Buffer {
    let mut picture = I420Buffer::filled(size, 0, 128, 128);
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    for sample in picture.planes_mut()[0].iter_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = 100 + (state >> 27) as u8;
    }
    picture
}

#[test]
fn a_moving_disc_is_where_it_was_drawn() {
    let scene = Scene::new(320, 240, Background::Plain);
    let (mut encoder, mut decoder) = (encoder(scene.size), Decoder::new(scene.size));
    for frame in 0..90u32 {
        let position = scene.position(f64::from(frame) / 30.0);
        let picture = scene.draw(position);
        let encoded = encoder.encode(&picture.view(), u64::from(frame) * TICKS, FrameKind::Any).unwrap();
        assert_eq!(encoded.keyframe, frame == 0);
        assert_eq!(is_keyframe(encoded.data), encoded.keyframe);
        let decoded = decoder.decode(encoded.data).unwrap().unwrap();
        // The first frames are coarse: a keyframe may take three frames' share of bits only.
        let (least, most) = if frame < 10 { (35.0, 0.6) } else { (40.0, 0.25) };
        assert!(
            psnr(&decoded, &picture.view()) > least,
            "frame {frame}: {}",
            psnr(&decoded, &picture.view())
        );
        let error = centroid(&decoded, Rect { x: 0, y: 0, width: 320, height: 240 }).distance(position);
        assert!(error < most, "frame {frame}: {error} px");
    }
}

#[test]
fn a_keyframe_comes_when_asked_for_and_needs_no_past() {
    let scene = Scene::new(128, 96, Background::Textured);
    let mut encoder = encoder(scene.size);
    for frame in 0..20u32 {
        let picture = scene.draw(scene.position(f64::from(frame) / 30.0));
        let kind = if frame == 13 { FrameKind::Keyframe } else { FrameKind::Any };
        let encoded = encoder.encode(&picture.view(), u64::from(frame) * TICKS, kind).unwrap();
        assert_eq!(encoded.keyframe, frame == 0 || frame == 13);
        if frame == 13 {
            let mut late = Decoder::new(scene.size);
            let decoded = late.decode(encoded.data).unwrap().unwrap();
            assert!(psnr(&decoded, &picture.view()) > 28.0);
        }
    }
}

#[test]
fn the_bitrate_changes_while_running_without_a_keyframe() {
    let size = Size::new(320, 240).unwrap();
    let mut encoder = Encoder::new(&EncoderSettings { bitrate_kbps: 4000, ..settings(size) }).unwrap();
    let mut bytes = [0; 3];
    for (part, bitrate_kbps) in [4000, 1000, 4000].into_iter().enumerate() {
        encoder.set_bitrate(bitrate_kbps).unwrap();
        assert_eq!(encoder.settings().bitrate_kbps, bitrate_kbps);
        for frame in 0..60u32 {
            let number = part as u32 * 60 + frame;
            let picture = noise(size, number);
            let encoded = encoder.encode(&picture.view(), u64::from(number) * TICKS, FrameKind::Any).unwrap();
            assert_eq!(encoded.keyframe, number == 0);
            // The rate control takes its time.
            bytes[part] += if frame < 30 { 0 } else { encoded.data.len() };
        }
    }
    assert!(bytes[1] * 2 < bytes[0] && bytes[1] * 2 < bytes[2], "{bytes:?} bytes");
}

#[test]
fn what_is_not_active_stays_as_it_was_until_a_keyframe() {
    let size = Size::new(160, 128).unwrap();
    let dark = I420Buffer::filled(size, 40, 128, 128);
    let bright = I420Buffer::filled(size, 200, 128, 128);
    let (mut encoder, mut decoder) = (encoder(size), Decoder::new(size));
    let mut map = ActiveMap::new(size);
    // In a picture of 80 macroblocks each frame turns to two more: now to the first two of the first row.
    map.update(&[Rect { x: 96, y: 96, width: 8, height: 8 }]);
    let mut show = |picture: &I420Buffer, time, kind| {
        let encoded = encoder.encode(&picture.view(), time, kind).unwrap();
        let decoded = decoder.decode(encoded.data).unwrap().unwrap();
        [(100, 100), (8, 8), (60, 60), (150, 100)].map(|(x, y)| decoded.y().row(y)[x].abs_diff(40) > 100)
    };
    assert_eq!(show(&dark, 0, FrameKind::Any), [false; 4]);
    assert_eq!(show(&bright, TICKS, FrameKind::Within(&map)), [true, true, false, false]);
    assert_eq!(show(&bright, 2 * TICKS, FrameKind::Keyframe), [true; 4]);
    assert_eq!(show(&dark, 3 * TICKS, FrameKind::Within(&map)), [false, false, true, true]);
    assert_eq!(show(&dark, 4 * TICKS, FrameKind::Any), [false; 4]);
}

#[test]
fn a_coarse_background_gets_better_though_nothing_in_it_moves() {
    let scene = Scene::new(320, 240, Background::Textured);
    let picture = scene.draw(Point { x: 100.0, y: 100.0 });
    let mut encoder = Encoder::new(&EncoderSettings { bitrate_kbps: 300, ..settings(scene.size) }).unwrap();
    let mut decoder = Decoder::new(scene.size);
    let mut map = ActiveMap::new(scene.size);
    let mut quality = Vec::new();
    for frame in 0..121u64 {
        map.update(&[]);
        let encoded = encoder.encode(&picture.view(), frame * TICKS, FrameKind::Within(&map)).unwrap();
        quality.push(psnr(&decoder.decode(encoded.data).unwrap().unwrap(), &picture.view()));
    }
    assert!(quality[120] > quality[0] + 5.0, "from {} to {} dB", quality[0], quality[120]);
}

#[test]
fn planes_with_gaps_between_their_rows_encode_to_the_same_bytes() {
    let scene = Scene::new(98, 66, Background::Textured);
    let picture = scene.draw(scene.position(0.0));
    let padded = |plane: Plane<'_>, stride| {
        let rows = (0..plane.height()).flat_map(|y| {
            let gap = vec![0xee; stride - plane.width()];
            [plane.row(y).to_vec(), gap].concat()
        });
        let mut data: Vec<u8> = rows.collect();
        // The last row's gap need not be there.
        data.truncate(data.len() - (stride - plane.width()));
        data
    };
    let view = picture.view();
    let [y, u, v] = [padded(view.y(), 131), padded(view.u(), 77), padded(view.v(), 77)];
    let with_gaps = I420::new(
        scene.size,
        Plane::new(&y, 131, 98, 66),
        Plane::new(&u, 77, 49, 33),
        Plane::new(&v, 77, 49, 33),
    );
    let encode =
        |picture: &I420<'_>| encoder(scene.size).encode(picture, 0, FrameKind::Any).unwrap().data.to_vec();
    assert_eq!(encode(&with_gaps), encode(&view));
}

#[test]
fn layouts_that_libvpx_would_misread_are_refused() {
    let size = Size::new(32, 32).unwrap();
    let (luma, chroma) = (vec![0; 32 * 32], vec![0; 1024]);
    let y = Plane::new(&luma, 32, 32, 32);
    let plane = |at: usize, stride| Plane::new(&chroma[at..], stride, 16, 16);
    let encode = |u, v| encoder(size).encode(&I420::new(size, y, u, v), 0, FrameKind::Any).map(|_| ());
    let unlike = encode(plane(0, 16), plane(300, 20)).unwrap_err();
    assert_eq!(
        unlike.to_string(),
        "a picture that libvpx cannot read: the rows of U and V are not equally long"
    );
    let one_apart = encode(plane(0, 16), plane(1, 16)).unwrap_err();
    assert_eq!(one_apart.to_string(), "a picture that libvpx cannot read: U and V overlap, one byte apart");
    // Overlapping in other ways is no problem.
    assert_eq!(encode(plane(0, 32), plane(16, 32)), Ok(()));
    assert_eq!(encode(plane(0, 16), plane(0, 16)), Ok(()));
}

#[test]
fn a_refused_picture_leaves_the_encoder_as_it_was() {
    let scene = Scene::new(64, 64, Background::Textured);
    let other = Size::new(64, 66).unwrap();
    let pictures: Vec<_> =
        (0..6u32).map(|frame| scene.draw(scene.position(f64::from(frame) / 30.0))).collect();
    let run = |disturb: bool| -> Vec<Vec<u8>> {
        let mut encoder = encoder(scene.size);
        let frames = (1000..).step_by(3000).zip(&pictures).map(|(time, picture)| {
            if disturb {
                let wrong = I420Buffer::filled(other, 0, 0, 0);
                let error = encoder.encode(&wrong.view(), time, FrameKind::Any).unwrap_err();
                assert_eq!(error.to_string(), "a picture of 64x66 for an encoder of 64x64");
                let map = ActiveMap::new(other);
                let error = encoder.encode(&picture.view(), time, FrameKind::Within(&map)).unwrap_err();
                assert_eq!(error.to_string(), "an active map of 64x66 for an encoder of 64x64");
                assert_eq!(encoder.set_bitrate(0), Err(Error::Bitrate(0)));
                assert_eq!(encoder.set_bitrate(50_001), Err(Error::Bitrate(50_001)));
            }
            let data = encoder.encode(&picture.view(), time, FrameKind::Any).unwrap().data.to_vec();
            if disturb {
                let error = encoder.encode(&picture.view(), time, FrameKind::Any).unwrap_err();
                assert!(matches!(error, Error::Time { given, .. } if given == time), "{error}");
                assert!(encoder.encode(&picture.view(), u64::MAX, FrameKind::Any).is_err());
            }
            data
        });
        frames.collect()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn settings_out_of_range_are_refused() {
    let good = settings(Size::new(64, 64).unwrap());
    let text = |settings: EncoderSettings| Encoder::new(&settings).unwrap_err().to_string();
    assert_eq!(
        text(EncoderSettings { bitrate_kbps: 0, ..good }),
        "a bitrate of 0 kbit/s, where 1 to 50000 are allowed"
    );
    assert_eq!(
        text(EncoderSettings { frames_per_second: 241, ..good }),
        "241 frames per second, where 5 to 240 are allowed"
    );
    assert_eq!(
        text(EncoderSettings { size: Size::new(64, 30).unwrap(), ..good }),
        "pictures of 64x30, where 32 is the least width and height"
    );
    let too_wide = Size::new(16_384, 32).unwrap();
    assert_eq!(
        text(EncoderSettings { size: too_wide, ..good }),
        "libvpx, opening the encoder: Invalid parameter: g_w out of range [1..16383]"
    );
}

#[test]
fn both_can_move_to_another_thread() {
    fn send<T: Send>(_: &T) {}
    let scene = Scene::new(64, 64, Background::Plain);
    let (mut encoder, mut decoder) = (encoder(scene.size), Decoder::new(scene.size));
    send(&encoder);
    send(&decoder);
    let picture = scene.draw(scene.position(0.0));
    encoder.encode(&picture.view(), 0, FrameKind::Any).unwrap();
    let frame = std::thread::spawn(move || {
        encoder.encode(&picture.view(), TICKS, FrameKind::Keyframe).unwrap().data.to_vec()
    });
    assert!(decoder.decode(&frame.join().unwrap()).unwrap().is_some());
}

proptest! {
    /// Sizes that fill no macroblock, times that jump, rates that change: each picture becomes one frame all the same.
    #[test]
    fn every_picture_becomes_a_frame(
        (width, height) in (16usize..50, 16usize..50),
        steps in prop::collection::vec((1u64..1 << 40, 0u32..4, 1u32..=50_000), 1..8),
    ) {
        let size = Size::new(2 * width, 2 * height).unwrap();
        let (mut encoder, mut decoder) = (encoder(size), Decoder::new(size));
        let mut map = ActiveMap::new(size);
        let mut time = 0;
        for (number, (step, kind, bitrate_kbps)) in (0..).zip(steps) {
            time += step;
            let picture = noise(size, number);
            map.update(&[Rect { x: width, y: height, width, height }]);
            let kind = match kind {
                0 => FrameKind::Keyframe,
                1 => FrameKind::Any,
                _ => FrameKind::Within(&map),
            };
            let encoded = encoder.encode(&picture.view(), time, kind).unwrap();
            prop_assert!(encoded.keyframe || kind != FrameKind::Keyframe);
            let decoded = decoder.decode(encoded.data).unwrap().unwrap();
            prop_assert_eq!(decoded.size(), size);
            encoder.set_bitrate(bitrate_kbps).unwrap();
        }
    }
}
