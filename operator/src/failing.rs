//! Whether something that is done again and again fails: it is logged when that changes, and not each time.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether it failed last.
#[derive(Debug, Default)]
pub(crate) struct Failing(AtomicBool);

impl Failing {
    /// It failed: whether it worked until now.
    pub(crate) fn failed(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }

    /// It worked: whether it failed until now.
    pub(crate) fn worked(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_worth_a_line() {
        let failing = Failing::default();
        assert_eq!((failing.worked(), failing.failed(), failing.failed()), (false, true, false));
        assert_eq!((failing.worked(), failing.worked(), failing.failed()), (true, false, true));
    }
}
