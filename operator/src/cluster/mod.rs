//! What exists in the cluster, kept in memory by watches, and whose it is.

mod first_sync;
mod inventory;
mod kept;
mod keys;
mod managed_fields;
mod metrics;
mod nodes;
mod owners;
mod pending;
mod pod_index;
mod scope;
mod stores;
mod trim;
mod watches;
mod watching;

pub use first_sync::FirstSync;
pub use kept::Kept;
pub use keys::{Guard, Key};
pub(crate) use managed_fields::applied_by;
pub use metrics::Metrics;
pub(crate) use nodes::LostNode;
pub(crate) use pending::PendingSessions;
pub use scope::Scope;
pub use stores::Stores;
pub use watches::{Watches, watch};
pub use watching::watching_client;
