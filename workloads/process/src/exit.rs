//! How a program ends. Scripts and Kubernetes act on these numbers.

use std::process::ExitCode;

/// The reason for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked for.
    Done,
    /// It could not run.
    CouldNotRun,
    /// It was called in a way that it does not know.
    Usage,
    /// It ran, and what was required of the numbers was not met.
    NotMet,
    /// SIGTERM came before its time was over. Kubernetes counts exit 0 as "finished", which a drained pod is not.
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::CouldNotRun => 1,
            Exit::Usage => 2,
            Exit::NotMet => 3,
            // As a shell reports a process that SIGTERM (15) ended.
            Exit::Terminated => 128 + 15,
        })
    }
}
