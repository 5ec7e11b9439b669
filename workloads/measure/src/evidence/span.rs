//! How far evidence reaches back.

use std::time::{Duration, Instant};

/// What a client tells of itself comes up to a second after what it explains, and a stretch of evidence has only one time.
const MARGIN: Duration = Duration::from_secs(3);
/// Numbers of the window are of frames whose fate is known, which takes so long.
const SETTLED_AFTER: Duration = Duration::from_secs(3);
/// Stretches that reach over window and margins.
const STRETCHES: u32 = 20;
/// Stretches that are kept at most: no number outlives what explains it.
pub(super) const KEPT: usize = STRETCHES as usize + 4;

/// How long a stretch is at least, where the window has this length.
pub(crate) fn stretch(window: Duration) -> Duration {
    (window + SETTLED_AFTER + MARGIN) / STRETCHES
}

/// Since when evidence counts at `now`: from a little before the window on.
pub(crate) fn since(window: Duration, now: Instant) -> Instant {
    now.checked_sub(window + SETTLED_AFTER + MARGIN).unwrap_or(now)
}
