//! What makes a reconcile fail as a whole. That a child is refused does not: the rest goes on.

use std::time::Duration;

use crate::api_error::describe;
use crate::controller::update_status;

/// How long one reconcile may take. The client repeats what the API server is too busy for, for much longer.
pub(super) const RECONCILE_LIMIT: Duration = Duration::from_secs(30);

/// Why a reconcile failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The status could not be written.
    #[error(transparent)]
    Status(#[from] update_status::Error),
    /// The pods of its clients could not be listed.
    #[error("cannot list the pods of its clients: {}", describe(.0))]
    List(kube::Error),
    /// A session that cannot be decoded could not be read as plain JSON either.
    #[error("cannot read the session: {}", describe(.0))]
    Read(kube::Error),
    /// A session could not be deleted although its time is over.
    #[error("cannot delete the session, whose spec.ttlAfterFinished is over: {}", describe(.0))]
    Delete(kube::Error),
    /// The server's pod could not be deleted although the session is to be drilled.
    #[error("cannot delete the server's pod, which spec.drill asks for: {}", describe(.0))]
    Drill(kube::Error),
    /// The API server took too long.
    #[error("the API server did not answer within {} s", RECONCILE_LIMIT.as_secs())]
    TimedOut,
}

impl Error {
    /// Its class: the label of metrics and the reason of events.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Status(_) => "StatusFailed",
            Self::List(_) => "ListFailed",
            Self::Read(_) => "ReadFailed",
            Self::Delete(_) => "DeleteFailed",
            Self::Drill(_) => "DrillFailed",
            Self::TimedOut => "TimedOut",
        }
    }
}
