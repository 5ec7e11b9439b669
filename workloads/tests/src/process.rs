//! What the system knows of a process.

use std::fs;

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
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Open file descriptors.
    ///
    /// # Panics
    /// Where the process is gone.
    pub fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
    }
}
