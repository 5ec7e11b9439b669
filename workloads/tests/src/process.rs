//! What the system knows of a process.

use std::fs;
use std::time::Duration;

/// How often, and how far apart, descriptors are counted.
const READS: u32 = 25;
const BETWEEN_READS: Duration = Duration::from_millis(20);

/// A process, by its id.
#[derive(Debug, Clone, Copy)]
pub struct Process(u32);

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self(id)
    }

    /// Memory that is resident, in kilobytes.
    ///
    /// # Panics
    /// Where the process is gone.
    pub fn resident_kilobytes(self) -> u64 {
        self.status("VmRSS:") as u64
    }

    /// The most memory that was ever resident, in kilobytes.
    ///
    /// # Panics
    /// Where the process is gone.
    pub fn most_resident_kilobytes(self) -> u64 {
        self.status("VmHWM:") as u64
    }

    /// How many threads it has.
    ///
    /// # Panics
    /// Where the process is gone.
    pub fn threads(self) -> usize {
        self.status("Threads:")
    }

    /// The number behind a word in what the system says of it.
    fn status(self, word: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(word)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Open file descriptors besides those of connections that are just being closed: the fewest of several counts.
    ///
    /// # Panics
    /// Where the process is gone.
    pub fn idle_descriptors(self) -> usize {
        let count = |_| {
            std::thread::sleep(BETWEEN_READS);
            fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
        };
        (0..READS).map(count).min().unwrap_or(0)
    }
}
