//! What is true of the numbers of any session.

use report::{Frames, Summary};

/// The summary as a post has it: of the way of media what the client says, where it says so.
#[must_use]
pub fn as_posted(summary: &Summary) -> Summary {
    let mut posted = summary.clone();
    for row in posted.clients.iter_mut().filter(|row| row.path.is_some()) {
        row.server_path = None;
    }
    posted
}

/// Asserts that every frame has exactly one fate.
///
/// # Panics
/// Where the fates do not add up to the frames sent.
pub fn assert_accounted(frames: &Frames) {
    // Without `..`: a fate that is forgotten here does not compile.
    let Frames {
        sent,
        pending,
        matched,
        estimated,
        lost,
        late,
        undecodable,
        undetected,
        duplicate: _,
        malformed: _,
    } = *frames;
    let fates = pending + matched + estimated + lost + late + undecodable + undetected;
    assert_eq!(sent, fates, "{frames:?}");
}

/// Asserts that every frame was matched, and nothing else was said.
///
/// # Panics
/// Where that is not so, and where there are no frames.
pub fn assert_perfect(frames: &Frames) {
    let perfect = Frames { sent: frames.sent, matched: frames.sent, ..Frames::default() };
    assert_eq!(*frames, perfect);
    assert!(frames.sent > 0);
}
