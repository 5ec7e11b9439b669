//! Which pages the heap is made of.
//!
//! With many sessions the processor waits for memory more than anything else, and much of that is looking up small
//! pages: at 500 sessions huge ones save 5 to 10 % of the time per frame and session. With a few sessions they save
//! nothing, and double the memory, as each thread's part of the heap is rounded up to them. So they come with the crowd.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};

/// Sessions that are a crowd.
const CROWD: usize = 64;

/// Keeps huge pages out of this process until there is a crowd.
#[derive(Debug, Default)]
pub(crate) struct HugePages {
    held_back: AtomicBool,
}

impl HugePages {
    /// Holds them back, unless whoever started the process does so anyway, for good. The allocator has asked for them
    /// before `main`, so this is for its beginning.
    pub(crate) fn hold_back() -> Self {
        let are_disabled = transparent_huge_pages_are_disabled().unwrap_or(true);
        // A system without huge pages refuses, which is what is wanted.
        let held_back = !are_disabled && disable_transparent_huge_pages(true).is_ok();
        Self { held_back: held_back.into() }
    }

    /// Lets them in once `sessions` are a crowd: for memory that is used from now on, and by and by for what is in use.
    pub(crate) fn suit(&self, sessions: usize) {
        if sessions < CROWD || !self.held_back.swap(false, Relaxed) {
            return;
        }
        match disable_transparent_huge_pages(false) {
            Ok(()) => tracing::debug!(sessions, "huge pages from here on"),
            Err(error) => tracing::warn!(%error, "huge pages stay disabled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_pages_come_with_a_crowd_unless_they_are_disabled_from_outside() {
        let disabled = || transparent_huge_pages_are_disabled().unwrap();
        disable_transparent_huge_pages(false).unwrap();
        let pages = HugePages::hold_back();
        pages.suit(CROWD - 1);
        assert!(disabled());
        pages.suit(CROWD);
        assert!(!disabled());

        disable_transparent_huge_pages(true).unwrap();
        let pages = HugePages::hold_back();
        pages.suit(CROWD);
        assert!(disabled());
    }
}
