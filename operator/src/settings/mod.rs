//! What the operator was installed with, as far as pods are made of it. Pure.

mod check;
mod error;
mod parse;
mod pod_defaults;

use crds::PullPolicy;

pub use error::InvalidDefaults;
pub use parse::parse;
pub use pod_defaults::{PodDefaults, with_defaults};

/// Settings for the pods of all sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The server's image, unless a session has its own.
    pub server_image: String,
    /// The clients' image, unless a session has its own.
    pub client_image: String,
    /// When images are pulled, unless a session says otherwise. `None` leaves it to Kubernetes.
    pub image_pull_policy: Option<PullPolicy>,
    /// The architectures that the images are for, as nodes have them in their label. None: of every node.
    pub architectures: Vec<String>,
    /// What pods have unless their session says otherwise.
    pub pod_defaults: PodDefaults,
    /// Where pods post their reports.
    pub report_url: String,
    /// Where pods post them that run a version before, which knows no https.
    pub plain_report_url: String,
    /// The namespace of the operator's own pods, for the policies that let reports through.
    pub operator_namespace: String,
}
