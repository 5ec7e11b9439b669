//! What the scenarios on a real cluster share. They need an installed operator and images on the nodes, and run only
//! when they are asked for:
//!
//! ```text
//! make install && make e2e
//!
//! scenario --> Stage (a namespace) --> Session --> eventually(what it must come to) --> Snapshot
//!                                '--> kubectl, as a user would call it
//! ```
//! Each scenario has a namespace of its own at the Pod Security level `restricted`. When it fails, what the cluster
//! knows of it is printed and kept in a folder; [`scenario`] says which. Every wait has a limit, and none is for time to
//! pass but where nothing must happen in it.

mod command;
mod diagnostics;
mod image;
mod install;
mod nodes;
mod patience;
mod pods;
mod reports;
mod scenario;
mod session;
mod snapshot;
mod spec;
mod stage;
mod stale_entries;
mod table;

pub use command::{kubectl, run};
pub use diagnostics::diagnose;
pub use image::Image;
pub use install::{INSTALL, OPERATOR_NAMESPACE, SAMPLES, leading_pod, leads, operator_pods};
pub use nodes::{Blockade, families, nft_family, on_node, worker_nodes};
pub use patience::{PATIENCE, eventually};
pub use pods::{Part, addresses, is_ready, node, uid, variable};
pub use reports::{Endpoint, REPORT_SECRET, report_authorities, report_token};
pub use scenario::{scenario, scenario_alone};
pub use session::Session;
pub use snapshot::Snapshot;
pub use spec::{quick, with};
pub use stage::Stage;
pub use stale_entries::{Entry, StaleEntries};
pub use table::first_row;
