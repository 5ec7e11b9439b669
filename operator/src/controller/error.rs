//! What goes wrong in a reconcile, one kind a step.

use std::time::Duration;

use crate::api_error::describe;
use crate::controller::apply;
use crate::controller::observe::{Explanation, Reason};
use crate::controller::update_status;

/// How long one reconcile may take. The client repeats what the API server is too busy for, for much longer.
pub(super) const RECONCILE_LIMIT: Duration = Duration::from_secs(30);

/// Why a reconcile failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A child is not what it shall be.
    #[error(transparent)]
    Apply(#[from] apply::Error),
    /// The status could not be written.
    #[error(transparent)]
    Status(#[from] update_status::Error),
    /// A session that cannot be decoded could not be read as plain JSON either.
    #[error("cannot read the session: {}", describe(.0))]
    Read(kube::Error),
    /// The API server took too long.
    #[error("the API server did not answer within {} s", RECONCILE_LIMIT.as_secs())]
    TimedOut,
}

impl Error {
    /// Its class: the label of metrics and the reason of events.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Apply(error) => error.label(),
            Self::Status(_) => "StatusFailed",
            Self::Read(_) => "ReadFailed",
            Self::TimedOut => "TimedOut",
        }
    }

    /// What it says about the session itself, where trying again is not all there is to it.
    pub(super) fn explanation(&self) -> Option<Explanation> {
        let Self::Apply(error) = self else { return None };
        let reason = match error {
            apply::Error::NameTaken { .. } => Reason::NameTaken,
            apply::Error::Invalid { .. } => Reason::InvalidSpec,
            apply::Error::Forbidden { .. } => Reason::PodsForbidden,
            apply::Error::Conflict { .. } | apply::Error::Api { .. } => return None,
        };
        Some(reason.with_message(error.to_string()))
    }
}
