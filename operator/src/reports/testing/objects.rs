//! Stored objects.

use crds::BallSession;
use crds::contract::RUN_ANNOTATION;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::reports::stores::PodKey;
use crate::session::labels::{self, Component};
use crate::session::validate;

pub(in crate::reports) const NAMESPACE: &str = "lighthouse";

pub(in crate::reports) fn uid(name: &str) -> String {
    format!("{name}-uid")
}

pub(in crate::reports) fn pod_key(name: &str) -> PodKey {
    PodKey { namespace: NAMESPACE.into(), name: name.into(), uid: uid(name) }
}

/// The session as it is stored.
pub(in crate::reports) fn stored(spec: &Value, status: &Value) -> BallSession {
    serde_json::from_value(json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": NAMESPACE, "uid": "harbor-uid", "generation": 1, "resourceVersion": "1"},
        "spec": spec, "status": status
    }))
    .unwrap()
}

/// The hash of the run that `spec` asks for.
pub(in crate::reports) fn run(spec: &Value) -> String {
    validate(&stored(spec, &json!({}))).unwrap().run_hash
}

/// A pod of the session's run.
pub(super) fn pod(name: &str) -> Pod {
    let component = if name.starts_with("server") { Component::Server } else { Component::Client };
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": uid(name), "labels": labels::of("harbor", component),
                     "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {RUN_ANNOTATION: run(&json!({}))}},
        "spec": {"nodeName": "worker-1", "containers": []}
    }))
    .unwrap()
}
