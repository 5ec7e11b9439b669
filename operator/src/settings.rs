//! What the operator was installed with, as far as pods are made of it.

use crds::PullPolicy;

/// Settings for the pods of all sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The server's image, unless a session has its own.
    pub server_image: String,
    /// The clients' image, unless a session has its own.
    pub client_image: String,
    /// When images are pulled, unless a session says otherwise. `None` leaves it to Kubernetes.
    pub image_pull_policy: Option<PullPolicy>,
    /// Where pods post their reports.
    pub report_url: String,
    /// The namespace of the operator's own pods, for the policies that let reports through.
    pub operator_namespace: String,
}
