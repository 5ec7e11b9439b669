//! At most one operator writes: the one that holds a `Lease` of `coordination.k8s.io`. Two of them would undo each
//! other's status, and only one gets the pods' reports.
//!
//! | | on our own, monotonic clock |
//! |---|---|
//! | renewed | every 5 s, with the stored version as precondition; a refused write is followed by a fresh reading |
//! | given up | 10 s after the last renewal that is known to have succeeded was sent |
//! | taken from another | when it did not change for its duration, 15 s; of a predecessor in the same pod at once |
//!
//! The clocks of two machines are never compared, so they need not agree. A holder gives up 5 s before anybody else can
//! take over: time enough for its last writes to arrive or fail. That holds for a process that was stopped as well, because
//! whatever it writes goes by a client that asks its [`Fence`] when the bytes leave.
//!
//! `election` decides, without I/O and with the time as an argument; [`Lease`] asks the API server. The holder's pod has a
//! label ([`LeaderLabel`]), by which reports find it.

mod clock;
mod election;
mod fence;
mod fenced;
mod keeper;
mod leader_label;
mod measured;
mod metrics;
mod record;
mod settings;
#[cfg(test)]
mod simulation;

pub use fence::Fence;
pub use fenced::client as fenced_client;
pub use keeper::{Lease, Lost};
pub use leader_label::LeaderLabel;
pub use metrics::Metrics;
pub use settings::{Settings, Timing};
