//! How the plugin ends. Pipelines act on these numbers. (2, wrong usage, comes from where the command line is parsed.)

use std::process::ExitCode;

use process::Stop;

use crate::session::Outcome;

/// The reason for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked for; of a session: its objectives are met.
    Done,
    /// It could not run: no API server, no rights, no such session.
    CouldNotRun,
    /// The numbers are there, and not good enough.
    Missed,
    /// There is no verdict, and the session says what keeps it from one.
    NotMeasurable,
    /// Neither came within `--timeout`.
    TimedOut,
    /// Somebody stopped it.
    Stopped(Stop),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::CouldNotRun => 1,
            Exit::Missed => 3,
            Exit::NotMeasurable => 4,
            Exit::TimedOut => 5,
            // As shells report programs that a signal has ended.
            Exit::Stopped(Stop::Interrupt) => 130,
            Exit::Stopped(Stop::Terminate) => 143,
        })
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Met => Self::Done,
            Outcome::Missed => Self::Missed,
            Outcome::NotMeasurable | Outcome::Undecided => Self::NotMeasurable,
        }
    }
}
