//! Waiting for conditions.

use std::time::{Duration, Instant};

/// No test waits longer for anything. Generous, as the machine may be busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(20);

/// Waits until `look` finds something, and returns that.
///
/// # Panics
/// Where it finds nothing within [`PATIENCE`]; `what` says what was awaited.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, look)
}

/// As [`eventually`], with a limit of its own.
///
/// # Panics
/// Where it finds nothing within `limit`.
pub fn eventually_within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        std::thread::sleep(STEP);
    }
}
