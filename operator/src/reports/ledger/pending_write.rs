//! A status that is to be written.

use crds::BallSessionStatus;

use crate::reports::status::Change;
use crate::reports::stores::SessionKey;

/// A status that is to be written.
pub(in crate::reports) struct PendingWrite {
    pub(in crate::reports) session: SessionKey,
    /// The hash of the run that it is about.
    pub(super) run: Option<String>,
    /// It has the last numbers of the run.
    pub(super) is_final: bool,
    /// The controller asks for it again and again.
    pub(super) is_awaited: bool,
    /// Of what it is compared with.
    pub(in crate::reports) resource_version: String,
    pub(super) stored: BallSessionStatus,
    pub(in crate::reports) desired: BallSessionStatus,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum WriteResult {
    /// It is stored.
    Stored,
    /// The session was changed meanwhile, or deleted: to be compared anew.
    Stale,
    /// The API server would refuse the same again.
    Refused,
    /// Otherwise not stored.
    Failed,
}

impl PendingWrite {
    /// How soon it is needed.
    pub(super) fn change(&self) -> Change {
        match Change::between(&self.stored, &self.desired) {
            Change::None => Change::None,
            _ if self.is_awaited => Change::Urgent,
            change => change,
        }
    }
}
