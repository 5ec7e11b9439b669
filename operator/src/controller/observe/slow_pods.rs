//! Pods that do not start in the usual time, and do not say why.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::controller::observe::awaited::starts_slowly;

/// The UIDs of those whose events are worth reading at `time`.
pub(in crate::controller) fn slow_pods(pods: &[Arc<Pod>], time: Timestamp) -> Vec<String> {
    pods.iter().filter_map(|pod| starts_slowly(pod, time)).map(str::to_owned).collect()
}
