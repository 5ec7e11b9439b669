//! What a process holds, and that it is not more and more.

use ballsession_tests::Process;

/// A process's memory may differ by a tenth from what it was, and by what allocators keep.
const KEPT_KILOBYTES: u64 = 4 << 10;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    kilobytes: u64,
    descriptors: usize,
    threads: usize,
}

impl Held {
    pub(crate) fn by(process: Process) -> Self {
        let descriptors = process.idle_descriptors();
        Self { kilobytes: process.resident_kilobytes(), descriptors, threads: process.threads() }
    }

    pub(crate) fn assert_is_not_more_than(self, before: Self) {
        let most = before.kilobytes + before.kilobytes / 10 + KEPT_KILOBYTES;
        assert!(self.kilobytes <= most, "{self:?}, after {before:?}");
        assert!(self.descriptors <= before.descriptors, "{self:?}, after {before:?}");
        assert!(self.threads <= before.threads, "{self:?}, after {before:?}");
    }
}
