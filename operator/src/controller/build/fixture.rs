//! A session and its operator unlike any default, so that a label, port or name in the wrong place shows.

use serde_json::{Value, json};

pub(in crate::controller) use crate::session::fixture::session;
use crate::settings::{PodDefaults, Settings};

/// What an operator in `tower` was installed with.
pub(in crate::controller) fn settings() -> Settings {
    Settings {
        server_image: "registry.example/s:7".into(),
        client_image: "registry.example/c:8".into(),
        image_pull_policy: None,
        architectures: vec!["riscv64".into()],
        pod_defaults: PodDefaults::default(),
        report_url: "https://ballsession-operator.tower:8443/v1/reports".into(),
        plain_report_url: "http://ballsession-operator.tower:8080/v1/reports".into(),
        operator_namespace: "tower".into(),
    }
}

/// `metadata` of a child.
pub(super) fn metadata(name: &str, component: &str) -> Value {
    json!({
        "name": name,
        "namespace": "lighthouse",
        "labels": {
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/instance": "harbor",
            "app.kubernetes.io/managed-by": "ballsession-operator",
            "app.kubernetes.io/name": "ballsession",
            "app.kubernetes.io/part-of": "ballsession"
        },
        "ownerReferences": [{
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "name": "harbor", "uid": "5e8d2c1a-uid",
            "controller": true
        }]
    })
}
