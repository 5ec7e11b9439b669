//! Which pages the heap is made of.
//!
//! With many sessions the processor waits for memory more than anything else, and much of that is translating addresses
//! of small pages: at 500 sessions huge ones save 5 to 10 % of the time per frame and session. With a few sessions they save
//! nothing, and double the memory, as each thread's part of the heap is rounded up to them. So they are enabled from a number of sessions on.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};

/// From so many sessions on huge pages are worth their memory.
const MANY_SESSIONS: usize = 64;

/// Keeps huge pages disabled in this process until there are many sessions.
#[derive(Debug, Default)]
pub(crate) struct HugePages {
    disabled_by_us: AtomicBool,
}

impl HugePages {
    /// Disables them, unless whoever started the process does so anyway, for good. The allocator has asked for them
    /// before `main`, so this is for its beginning.
    pub(crate) fn disable() -> Self {
        let are_disabled = transparent_huge_pages_are_disabled().unwrap_or(true);
        // A system without huge pages refuses, which is what is wanted.
        let disabled_by_us = !are_disabled && disable_transparent_huge_pages(true).is_ok();
        Self { disabled_by_us: disabled_by_us.into() }
    }

    /// Enables them once there are many `sessions`: for memory that is used from now on, and by and by for what is in use.
    pub(crate) fn enable_for(&self, sessions: usize) {
        if sessions < MANY_SESSIONS || !self.disabled_by_us.swap(false, Relaxed) {
            return;
        }
        match disable_transparent_huge_pages(false) {
            Ok(()) => tracing::debug!(sessions, "huge pages enabled"),
            Err(error) => tracing::warn!(%error, "huge pages stay disabled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_pages_come_with_many_sessions_unless_they_are_disabled_from_outside() {
        let disabled = || transparent_huge_pages_are_disabled().unwrap();
        disable_transparent_huge_pages(false).unwrap();
        let pages = HugePages::disable();
        pages.enable_for(MANY_SESSIONS - 1);
        assert!(disabled());
        pages.enable_for(MANY_SESSIONS);
        assert!(!disabled());

        disable_transparent_huge_pages(true).unwrap();
        let pages = HugePages::disable();
        pages.enable_for(MANY_SESSIONS);
        assert!(disabled());
    }
}
