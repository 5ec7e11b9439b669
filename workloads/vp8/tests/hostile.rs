//! What does not come from an encoder of ours, or not in one piece: an error at most, and a keyframe mends it.

mod support;

use picture::{I420, Size};
use proptest::prelude::*;
use support::{Background, Scene};
use vp8::{Decoder, Encoder, EncoderSettings, Error, FrameKind};

/// Frames of a moving disc; the first and the fifth are keyframes.
fn frames(width: usize, height: usize) -> Vec<Vec<u8>> {
    let scene = Scene::new(width, height, Background::Textured);
    let settings = EncoderSettings { size: scene.size, frames_per_second: 30, bitrate_kbps: 500 };
    let mut encoder = Encoder::new(&settings).expect("settings in range");
    let encode = |number: u32| {
        let picture = scene.draw(scene.position(f64::from(number) / 6.0));
        let kind = if number == 4 { FrameKind::Keyframe } else { FrameKind::Any };
        encoder.encode(&picture.view(), u64::from(number) * 3000, kind).expect("a good picture").data.to_vec()
    };
    (0..8).map(encode).collect()
}

fn limit() -> Size {
    Size::new(128, 128).expect("an even size")
}

/// All samples of a picture. Looks at each, so that a memory checker does.
fn samples(picture: &I420<'_>) -> Vec<u8> {
    let planes = [picture.y(), picture.u(), picture.v()];
    let samples: Vec<u8> =
        planes.iter().flat_map(|plane| (0..plane.height()).flat_map(|y| plane.row(y))).copied().collect();
    let sum: usize = samples.iter().map(|&sample| usize::from(sample)).sum();
    assert!(sum <= 255 * samples.len());
    samples
}

/// What `frame` decodes to, after the good frames `past`.
fn decoded(past: &[Vec<u8>], frame: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let mut decoder = Decoder::new(limit());
    for good in past {
        decoder.decode(good).expect("a good frame");
    }
    decoder.decode(frame).map(|picture| picture.map(|picture| samples(&picture)))
}

#[test]
fn a_truncated_frame_is_an_error_unless_nothing_was_lost() {
    let frames = frames(96, 80);
    for (past, frame) in [(0, &frames[0]), (3, &frames[3])] {
        let whole = decoded(&frames[..past], frame);
        assert!(matches!(whole, Ok(Some(_))));
        let mut harmless = 0;
        for length in 0..frame.len() {
            match decoded(&frames[..past], &frame[..length]) {
                Err(_) => {}
                // The last bytes of a frame may be padding.
                picture => {
                    assert_eq!(picture, whole, "the first {length} of {} bytes", frame.len());
                    harmless += 1;
                }
            }
        }
        assert!(harmless < 8, "{harmless} truncations went unnoticed");
    }
}

#[test]
fn after_an_error_only_a_keyframe_is_decoded() {
    let frames = frames(96, 80);
    let mut decoder = Decoder::new(limit());
    assert_eq!(decoder.decode(&frames[1]).err(), Some(Error::KeyframeNeeded));
    assert!(decoder.decode(&frames[0]).unwrap().is_some());
    assert!(decoder.decode(&frames[1]).unwrap().is_some());
    let cut = &frames[2][..frames[2].len() / 2];
    assert!(matches!(decoder.decode(cut), Err(Error::Damaged | Error::Library { .. } | Error::Header(_))));
    assert_eq!(decoder.decode(&frames[3]).err(), Some(Error::KeyframeNeeded));
    assert!(decoder.decode(&frames[4]).unwrap().is_some());
    let again = decoder.decode(&frames[5]).unwrap().map(|picture| samples(&picture));
    assert_eq!(Ok(again), decoded(&frames[4..5], &frames[5]));
}

#[test]
fn an_empty_frame_is_an_error() {
    assert_eq!(
        decoded(&[], &[]).unwrap_err().to_string(),
        "a VP8 frame of 0 bytes, where its header asks for 3 or more"
    );
}

#[test]
fn a_stream_may_change_its_size_within_the_limit() {
    let mut decoder = Decoder::new(limit());
    for (width, height) in [(64, 64), (128, 128), (66, 34), (32, 126), (96, 80)] {
        for frame in frames(width, height) {
            let picture = decoder.decode(&frame).unwrap().unwrap();
            assert_eq!(picture.size(), Size::new(width, height).unwrap());
            assert_eq!(samples(&picture).len(), width * height * 3 / 2);
        }
    }
}

#[test]
fn a_size_that_cannot_be_shown_is_refused_before_memory_is_spent_on_it() {
    let frames = frames(96, 80);
    let with_size = |width: u16, height: u16| {
        let mut frame = frames[0].clone();
        frame[6..8].copy_from_slice(&width.to_le_bytes());
        frame[8..10].copy_from_slice(&height.to_le_bytes());
        decoded(&[], &frame).unwrap_err().to_string()
    };
    let cannot = |size: &str| {
        let rule = "is no picture size: width and height must be even and 2 to 16384";
        format!("a VP8 keyframe that cannot be shown: {size} {rule}")
    };
    assert_eq!(with_size(16_383, 16_383), cannot("16383x16383"));
    assert_eq!(with_size(95, 80), cannot("95x80"));
    assert_eq!(with_size(0, 80), cannot("0x80"));
    assert_eq!(with_size(16_382, 2), "a VP8 keyframe of 16382x2, where 128x128 is the most allowed");
    assert_eq!(with_size(2, 130), "a VP8 keyframe of 2x130, where 128x128 is the most allowed");
}

#[test]
fn a_hidden_frame_has_no_picture_and_is_no_error() {
    let frames = frames(96, 80);
    let mut hidden = frames[0].clone();
    hidden[0] &= !0x10;
    let mut decoder = Decoder::new(limit());
    assert!(decoder.decode(&hidden).unwrap().is_none());
    assert!(decoder.decode(&frames[1]).unwrap().is_some());
}

proptest! {
    #[test]
    fn flipped_bits_do_no_harm_that_a_keyframe_does_not_mend(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0usize..4, 0u8..8), 1..6),
    ) {
        let good = frames(64, 48);
        let mut bad = good.clone();
        for (at, frame, bit) in flips {
            let at = at.index(bad[frame].len());
            bad[frame][at] ^= 1 << bit;
        }
        let mut decoder = Decoder::new(limit());
        for frame in &bad[..4] {
            if let Ok(Some(picture)) = decoder.decode(frame) {
                let size = picture.size();
                prop_assert_eq!(samples(&picture).len(), size.width() * size.height() * 3 / 2);
            }
        }
        let mended = decoder.decode(&good[4]).map(|picture| picture.map(|picture| samples(&picture)));
        prop_assert_eq!(mended, decoded(&[], &good[4]));
    }

    #[test]
    fn random_bytes_are_survived(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
        (width, height) in (1u16..64, 1u16..64),
    ) {
        let mut decoder = Decoder::new(limit());
        for mut bytes in parts {
            // Every other one gets a header that is let through, so that libvpx sees what follows.
            if bytes.len() > 10 && bytes[10] & 1 == 0 {
                bytes[..6].copy_from_slice(&[0x10, 0, 0, 0x9d, 0x01, 0x2a]);
                bytes[1] = (bytes.len() as u16 / 16) as u8;
                bytes[6..8].copy_from_slice(&(2 * width).to_le_bytes());
                bytes[8..10].copy_from_slice(&(2 * height).to_le_bytes());
            } else if bytes.len() > 3 {
                bytes[0] = 0x11;
                (bytes[1], bytes[2]) = (1, 0);
            }
            if let Ok(Some(picture)) = decoder.decode(&bytes) {
                samples(&picture);
            }
        }
    }

    #[test]
    fn random_bytes_after_a_good_frame_are_survived(
        tag in 0u8..8,
        bytes in prop::collection::vec(any::<u8>(), 1..400),
    ) {
        let good = frames(64, 48);
        // An interframe, to show, of any of the profiles, with a first partition of half the length.
        let tag = u32::from(tag << 1 | 0x11) | (bytes.len() as u32 / 2) << 5;
        let mut frame = tag.to_le_bytes()[..3].to_vec();
        frame.extend(bytes);
        let mut decoder = Decoder::new(limit());
        decoder.decode(&good[0]).unwrap();
        if let Ok(Some(picture)) = decoder.decode(&frame) {
            prop_assert_eq!(samples(&picture).len(), 64 * 48 * 3 / 2);
        }
        prop_assert!(decoder.decode(&good[4]).unwrap().is_some());
    }
}
