//! What several children have in common.

use k8s_openapi::api::core::v1::Toleration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::session::Session;
use crate::session::labels::{self, Component};

/// Where a server waits for its clients.
pub(super) const SIGNALING_PORT: i32 = 8080;
/// That port's name: with its protocol in front, as service meshes want it.
pub(super) const SIGNALING_PORT_NAME: &str = "tcp-signaling";
/// Where a server sends its media from, and takes that of clients.
pub(super) const MEDIA_PORT: i32 = 8082;
/// Health, status and metrics of every pod.
pub(super) const HTTP_PORT: i32 = 8081;
/// Where the operator's pod waits for reports over TLS, and for those of pods of the version before.
pub(super) const REPORT_PORTS: [i32; 2] = [8443, 8080];

/// With these taints Kubernetes marks a node that is lost, and ends the pods on it that do not tolerate them.
pub(super) const LOST_TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// Has a pod stay on a node that has this taint, for so many seconds or for ever.
pub(super) fn staying(taint: &str, seconds: Option<i64>) -> Toleration {
    Toleration {
        key: Some(taint.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoExecute".to_owned()),
        toleration_seconds: seconds,
        ..Toleration::default()
    }
}

/// Name, labels and owner of a child.
pub(super) fn metadata(session: &Session, component: Component) -> ObjectMeta {
    ObjectMeta {
        name: Some(session.child_name(component)),
        namespace: Some(session.namespace.clone()),
        labels: Some(labels::of(&session.name, component)),
        owner_references: Some(vec![session.owner.clone()]),
        ..ObjectMeta::default()
    }
}
