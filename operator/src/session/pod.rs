//! What a pod says of itself.

use k8s_openapi::api::core::v1::{Pod, PodCondition};
use kube::ResourceExt;

use crate::session::labels::{COMPONENT, Component};
use crate::session::owner::controller;

/// Whether it has the label of a part of a session.
pub fn is_part(pod: &Pod, component: Component) -> bool {
    pod.labels().get(COMPONENT).is_some_and(|part| part == component.as_str())
}

/// Whether it is a server that stays, and was not made by hand: one on its way out, or that failed as those do that are evicted,
/// is none.
pub fn is_server(pod: &Pod) -> bool {
    let is_made = controller(&pod.metadata).is_some_and(|owner| owner.kind == "ReplicaSet");
    is_part(pod, Component::Server)
        && is_made
        && pod.metadata.deletion_timestamp.is_none()
        && phase(pod) != Some("Failed")
}

/// How far it is as a whole.
pub fn phase(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.phase.as_deref()
}

/// Whether all of it is over: nothing runs in it, and nothing ever will.
pub fn is_over(pod: &Pod) -> bool {
    matches!(phase(pod), Some("Succeeded" | "Failed"))
}

/// Where it is to run, once that is known.
pub fn node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

/// Its condition of a type, if it has one.
pub fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    let conditions = pod.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// Its condition of a type, if that is True.
pub fn condition_met<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    condition(pod, kind).filter(|condition| condition.status == "True")
}
