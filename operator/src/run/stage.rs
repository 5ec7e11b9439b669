//! What a run needs now, by what is stored.

use crds::contract::COMPLETE;
use crds::{BallSessionStatus, Run};

use crate::conditions::find;

/// What a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStage {
    /// Pods.
    Active,
    /// No pods for now.
    Suspended,
    /// Nothing more: it is complete.
    Finished,
}

/// The stage of the run with the hash `run`, by what is stored of the session. That it is over only status can tell: its
/// pods may be gone.
pub fn stage(status: Option<&BallSessionStatus>, run: &str, is_suspended: bool) -> RunStage {
    if status.is_some_and(|status| is_stored_run(status, run) && is_complete(status)) {
        RunStage::Finished
    } else if is_suspended {
        RunStage::Suspended
    } else {
        RunStage::Active
    }
}

/// What is stored of the run with the hash `run`.
pub fn stored_run<'a>(status: &'a BallSessionStatus, run: &str) -> Option<&'a Run> {
    status.run.as_ref().filter(|stored| stored.hash == run)
}

/// Whether what is stored is about the run with the hash `run`.
pub fn is_stored_run(status: &BallSessionStatus, run: &str) -> bool {
    stored_run(status, run).is_some()
}

/// Whether what is stored says that its run is over.
pub(super) fn is_complete(status: &BallSessionStatus) -> bool {
    find(&status.conditions, COMPLETE).is_some_and(|complete| complete.status == "True")
}
