//! What must become of the frames, concluded from the relay's log alone.

use ballsession_tests::relay::CarriedFrame;
use report::Frames;

use crate::session::{Observed, Seen, is_after};

/// What must become of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Decoded,
    /// Every packet came, but a frame that it depends on did not.
    Undecodable,
    /// Some packet never came.
    Lost,
}

/// Asserts that client and server said of every frame what had to become of it; returns how many were lost.
///
/// The server counts from a keyframe on to the last frame, so these are the last frames it sent.
pub(crate) fn assert_exact(observed: &Observed) -> u64 {
    assert_eq!(observed.client.queue_overruns, 0, "a machine too busy to decode loses frames of its own");
    let frames = observed.log.frames();
    let counted = usize::try_from(observed.server.frames.sent).expect("some hundreds");
    let frames = &frames[frames.len().checked_sub(counted).expect("more frames counted than sent")..];
    let fates = fates(frames);

    let first = frames[0].timestamp;
    let seen: Vec<_> =
        observed.seen.iter().copied().filter(|(timestamp, _)| !is_after(first, *timestamp)).collect();
    assert_eq!(seen, to_be_seen(frames, &fates));

    let count = |wanted| fates.iter().filter(|fate| **fate == wanted).count() as u64;
    let (sent, lost, undecodable) = (fates.len() as u64, count(Fate::Lost), count(Fate::Undecodable));
    // What a lost report said is in the next three as well, of which one comes.
    assert!(observed.log.reports_dropped <= 3, "{} reports were lost", observed.log.reports_dropped);
    let expected = Frames { sent, matched: count(Fate::Decoded), lost, undecodable, ..Frames::default() };
    assert_eq!(observed.server.frames, expected);
    lost
}

/// What must become of frames of which the first one is a keyframe.
fn fates(frames: &[CarriedFrame]) -> Vec<Fate> {
    let mut is_decodable = false;
    let fate = |frame: &CarriedFrame| {
        is_decodable = frame.is_whole && (is_decodable || is_keyframe(frame, frames[0].bytes));
        match (frame.is_whole, is_decodable) {
            (false, _) => Fate::Lost,
            (true, false) => Fate::Undecodable,
            (true, true) => Fate::Decoded,
        }
    };
    frames.iter().map(fate).collect()
}

/// Keyframes are encrypted like all others, but they are several times as large. `first`: the bytes of one.
fn is_keyframe(frame: &CarriedFrame, first: usize) -> bool {
    let doubtful = first / 3..first * 2 / 3;
    assert!(
        !doubtful.contains(&frame.bytes),
        "is this a keyframe? {frame:?}, the first one has {first} bytes"
    );
    frame.bytes > first / 2
}

/// What the client must say of the frames of which every packet came.
fn to_be_seen(frames: &[CarriedFrame], fates: &[Fate]) -> Vec<(u32, Seen)> {
    let seen = |(frame, fate): (&CarriedFrame, &Fate)| match fate {
        Fate::Decoded => Some((frame.timestamp, Seen::Decoded)),
        Fate::Undecodable => Some((frame.timestamp, Seen::Undecodable)),
        Fate::Lost => None,
    };
    frames.iter().zip(fates).filter_map(seen).collect()
}
