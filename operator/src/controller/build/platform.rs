//! The nodes whose system and processors the images are for. A session that has images of its own, or selects nodes by these labels,
//! knows better.

use std::collections::BTreeMap;

use crds::PodSettings;
use k8s_openapi::api::core::v1::{Affinity, NodeSelectorRequirement};

use crate::controller::build::placement::require;

/// The labels by which the kubelet says what its node is.
const OS_LABEL: &str = "kubernetes.io/os";
const ARCHITECTURE_LABEL: &str = "kubernetes.io/arch";

/// The labels that a node has to have. There are no images for another system than Linux.
pub(super) fn node_selector(settings: &PodSettings) -> BTreeMap<String, String> {
    let mut selector = settings.node_selector.clone();
    selector.entry(OS_LABEL.to_owned()).or_insert_with(|| "linux".to_owned());
    selector
}

/// `affinity`, for nodes of one of these architectures; of any, where none is named.
pub(super) fn affinity(
    settings: &PodSettings,
    architectures: &[String],
    affinity: Option<Affinity>,
) -> Option<Affinity> {
    let is_chosen = settings.image.is_some() || settings.node_selector.contains_key(ARCHITECTURE_LABEL);
    if is_chosen || architectures.is_empty() {
        return affinity;
    }
    let mut affinity = affinity.unwrap_or_default();
    require(&mut affinity, &|term| {
        term.match_expressions.get_or_insert_default().push(NodeSelectorRequirement {
            key: ARCHITECTURE_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: Some(architectures.to_vec()),
        });
    });
    Some(affinity)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(settings: &Value, architectures: &[&str], users: &Value) -> Value {
        let settings = serde_json::from_value(settings.clone()).unwrap();
        let architectures: Vec<_> = architectures.iter().map(|name| (*name).to_owned()).collect();
        let users = serde_json::from_value(users.clone()).unwrap();
        serde_json::to_value(affinity(&settings, &architectures, users)).unwrap()
    }

    fn required(terms: &Value) -> Value {
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}})
    }

    #[test]
    fn pods_go_to_nodes_that_the_images_are_for() {
        let either = json!({"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64", "arm64"]});
        let asked = |users: &Value| of(&json!({}), &["amd64", "arm64"], users);
        assert_eq!(asked(&Value::Null), required(&json!([{"matchExpressions": [either]}])));
        let ssd = json!({"key": "disk", "operator": "In", "values": ["ssd"]});
        let pin = json!({"key": "metadata.name", "operator": "In", "values": ["a"]});
        assert_eq!(
            asked(&required(&json!([{"matchExpressions": [ssd]}, {"matchFields": [pin]}]))),
            required(&json!([
                {"matchExpressions": [ssd, either]},
                {"matchExpressions": [either], "matchFields": [pin]}
            ]))
        );
        assert_eq!(of(&json!({}), &[], &Value::Null), Value::Null);
    }

    #[test]
    fn a_session_that_knows_better_is_left_alone() {
        for chosen in [json!({"image": "mine:1"}), json!({"nodeSelector": {"kubernetes.io/arch": "s390x"}})] {
            assert_eq!(of(&chosen, &["amd64"], &Value::Null), Value::Null, "{chosen}");
        }
    }

    /// O6: on a Windows node the image cannot be pulled.
    #[test]
    fn pods_go_to_linux_nodes_unless_the_session_says_otherwise() {
        let selector = |settings: Value| node_selector(&serde_json::from_value(settings).unwrap());
        let linux = [("kubernetes.io/os".to_owned(), "linux".to_owned())].into();
        assert_eq!(selector(json!({})), linux);
        let other = [("kubernetes.io/os".to_owned(), "freebsd".to_owned())].into();
        assert_eq!(selector(json!({"nodeSelector": {"kubernetes.io/os": "freebsd"}})), other);
    }
}
