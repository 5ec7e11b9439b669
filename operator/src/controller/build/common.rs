//! What several children have in common.

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
/// Where the operator's pod waits for reports.
pub(super) const REPORT_PORT: i32 = 8080;

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
