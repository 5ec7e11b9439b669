//! What exists in the cluster, kept in memory by watches, and whose it is.

mod first_sync;
mod inventory;
mod keys;
mod metrics;
mod nodes;
mod owners;
mod pending;
mod pod_index;
mod stores;
mod trim;
mod watches;

pub use first_sync::FirstSync;
pub use keys::{Guard, Key};
pub use metrics::Metrics;
pub(crate) use nodes::LostNode;
pub(crate) use pending::PendingSessions;
pub use stores::Stores;
pub use watches::{Scope, Watches, watch};
