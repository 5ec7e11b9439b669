//! A point in time. Everything below the wiring takes it as an argument.

use std::time::Instant;

use jiff::Timestamp;

/// A point in time by both clocks: the monotonic one for how long something takes, the calendar's for what is stored or
/// compared with times of others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Instant,
    pub(super) wall: Timestamp,
}

impl Moment {
    /// The present.
    pub(super) fn present() -> Self {
        Self { now: Instant::now(), wall: Timestamp::now() }
    }
}
