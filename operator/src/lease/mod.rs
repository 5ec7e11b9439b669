//! At most one operator writes: the one that holds a `Lease` of `coordination.k8s.io`. Two of them would undo each
//! other's status, and only one gets the pods' reports.
//!
//! | | on our own, monotonic clock |
//! |---|---|
//! | renewed | every 5 s, with the stored version as precondition; a refused write is followed by a fresh reading |
//! | given up | 10 s after the last renewal that is known to have succeeded was sent |
//! | taken from another | when it did not change for its duration, 15 s |
//!
//! The clocks of two machines are never compared, so they need not agree. A holder gives up 5 s before anybody else can
//! take over: time enough for its last writes to arrive or fail.
//!
//! `election` decides, without I/O and with the time as an argument; [`Lease`] asks the API server.

mod election;
mod keeper;
mod metrics;
mod record;
mod settings;
#[cfg(test)]
mod simulation;

pub use keeper::{Lease, Lost};
pub use metrics::Metrics;
pub use settings::{Settings, Timing};
