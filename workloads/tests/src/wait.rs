//! Waiting for conditions.

use std::time::{Duration, Instant};

/// No test waits longer for anything. Generous, as the machine may be busy with other things.
pub const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// How often a condition is checked.
const STEP: Duration = Duration::from_millis(20);

/// Waits until `find` finds something, and returns that.
///
/// # Panics
/// Where it finds nothing within [`WAIT_LIMIT`]; `what` says what was awaited.
pub fn eventually<T>(what: &str, find: impl FnMut() -> Option<T>) -> T {
    eventually_within(WAIT_LIMIT, what, find)
}

/// As [`eventually`], with a limit of its own.
///
/// # Panics
/// Where it finds nothing within `limit`.
pub fn eventually_within<T>(limit: Duration, what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        std::thread::sleep(STEP);
    }
}
