//! So many acts a second, and no more after a pause.

use std::time::{Duration, Instant};

/// Between two acts.
const TICK: Duration = Duration::from_millis(10);

/// When the next act is due.
pub(super) struct Pace {
    next: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { next: Instant::now() + TICK }
    }

    /// Waits for the next act. What was missed is left out.
    pub(super) fn wait(&mut self) {
        let now = Instant::now();
        std::thread::sleep(self.next.saturating_duration_since(now));
        self.next = self.next.max(now) + TICK;
    }
}
