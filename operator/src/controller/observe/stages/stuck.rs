//! A client that is stuck on its way to the first report.

use report::{ClientRow, ErrorEntry};

use crate::controller::observe::pods::ObservedPod;
use crate::controller::observe::stages::direction::Blocked;

/// What a client does one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetupStage {
    Dns,
    Tcp,
    /// What an offer has to name.
    Address,
    Offer,
    Ice,
    Dtls,
    FirstFrame,
    WholeFrame,
    FirstReport,
}

/// A client that is stuck.
pub(super) struct StuckClient<'a> {
    pub(super) stage: SetupStage,
    pub(super) pod: &'a ObservedPod,
    pub(super) row: Option<&'a ClientRow>,
    /// What it reported about that itself.
    pub(super) error: Option<&'a ErrorEntry>,
    /// Which way UDP does not get through, where that is the trouble.
    pub(super) blocked: Blocked,
}
