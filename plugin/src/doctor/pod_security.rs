//! The Pod Security level that the namespace enforces.

use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;

use crate::doctor::check::{Check, Read};

const SUBJECT: &str = "pod security";
const LABEL: &str = "pod-security.kubernetes.io/enforce";

/// Pods of sessions fit every level that Kubernetes knows.
pub(crate) fn pod_security(name: &str, namespace: &Read<Option<Namespace>>) -> Check {
    let namespace = match namespace {
        Err(error) => return Check::unread(SUBJECT, error),
        Ok(None) => {
            return Check::fail(
                SUBJECT,
                format!("there is no namespace {name}"),
                &format!("kubectl create namespace {name}"),
            );
        }
        Ok(Some(namespace)) => namespace,
    };
    if namespace.metadata.deletion_timestamp.is_some() {
        return Check::fail(SUBJECT, format!("namespace {name} is about to go"), "take another one");
    }
    match namespace.labels().get(LABEL).map(String::as_str) {
        None => Check::ok(SUBJECT, format!("namespace {name} enforces no level of its own")),
        Some(level @ ("privileged" | "baseline" | "restricted")) => {
            Check::ok(SUBJECT, format!("namespace {name} enforces {level}, which sessions fit"))
        }
        Some(other) => Check::warn(
            SUBJECT,
            format!("namespace {name} enforces {other:?}"),
            "Kubernetes takes an unknown level for restricted, which sessions fit unless spec.server or spec.client ask for more",
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::Level;

    #[test]
    fn every_level_is_named() {
        let namespace = |labels| {
            serde_json::from_value(json!({"metadata": {"name": "docks", "labels": labels}})).unwrap()
        };
        let checked = |labels| pod_security("docks", &Ok(Some(namespace(labels))));
        assert_eq!(checked(json!({})).finding, "namespace docks enforces no level of its own");
        let restricted = checked(json!({LABEL: "restricted"}));
        assert_eq!(restricted.finding, "namespace docks enforces restricted, which sessions fit");
        assert_eq!(checked(json!({LABEL: "strict"})).level, Level::Warn);
        assert_eq!(pod_security("docks", &Ok(None)).level, Level::Fail);
        let mut going: Namespace = namespace(json!({}));
        going.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(pod_security("docks", &Ok(Some(going))).level, Level::Fail);
    }
}
