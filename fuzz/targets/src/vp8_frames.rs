//! Frames for the decoder, good and bad, one after the other.

use picture::{I420, Size};
use vp8::{Decoder, Error, is_keyframe};

use crate::input::Input;

/// Large enough for some macroblocks in each direction, small enough for thousands of runs a second.
const LIMIT: usize = 96;

/// Each frame is behind its length.
pub(crate) fn vp8_frames(data: &[u8]) {
    let mut input = Input::new(data);
    let limit = Size::new(LIMIT, LIMIT).expect("an even size");
    let (mut decoder, mut needs_keyframe) = (Decoder::new(limit), true);
    while !input.is_empty() {
        let frame = input.long_piece();
        match decoder.decode(frame) {
            Ok(picture) => {
                assert!(!needs_keyframe || is_keyframe(frame), "decoded on top of nothing");
                needs_keyframe = false;
                picture.iter().for_each(look_at_all);
            }
            Err(error) => {
                assert!(
                    !needs_keyframe
                        || is_keyframe(frame)
                        || matches!(error, Error::KeyframeNeeded | Error::Header(_))
                );
                needs_keyframe = true;
            }
        }
    }
}

/// Every sample, so that a sanitizer sees where each is.
fn look_at_all(picture: &I420<'_>) {
    let planes = [picture.y(), picture.u(), picture.v()];
    assert!(planes.iter().all(|plane| plane.width() <= LIMIT && plane.height() <= LIMIT));
    let samples = planes.iter().flat_map(|plane| (0..plane.height()).flat_map(|y| plane.row(y)));
    let sum: u64 = samples.map(|sample| u64::from(*sample)).sum();
    std::hint::black_box(sum);
}
