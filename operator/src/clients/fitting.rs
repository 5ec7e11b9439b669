//! Whether a node is one that a pod may run on, as the scheduler decides it: by what is written on both, and not by what is free
//! there.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration};

use crate::clients::node::{NAME_FIELD, NodeFacts};

/// The taint of a cordoned node.
const CORDONED: &str = "node.kubernetes.io/unschedulable";

/// The nodes that a pod may run on, by name, and whether each of them is ready.
pub type FittingNodes = BTreeMap<String, bool>;

/// Why a node does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// It takes no new pods.
    Cordoned,
    /// It has a taint that the pod does not tolerate.
    Tainted,
    /// It is not what the pod's node selector or affinity asks for.
    NotSelected,
}

/// Those of all nodes on which a pod may run that is pinned to none.
pub fn fitting(nodes: &BTreeMap<String, NodeFacts>, pod: &PodSpec) -> FittingNodes {
    let fits = nodes.iter().filter(|(name, node)| fits(name, node, pod).is_ok());
    fits.map(|(name, node)| (name.clone(), node.is_ready)).collect()
}

/// Whether a pod may run on the node of this name.
///
/// # Errors
/// Where it may not: why.
pub fn fits(name: &str, node: &NodeFacts, pod: &PodSpec) -> Result<(), Misfit> {
    let selector = pod.node_selector.iter().flatten();
    let has_labels = selector.into_iter().all(|(key, value)| node.labels.get(key) == Some(value));
    let affinity = pod.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required =
        affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    let is_wanted = required
        .is_none_or(|required| required.node_selector_terms.iter().any(|term| selects(term, name, node)));
    if !has_labels || !is_wanted {
        return Err(Misfit::NotSelected);
    }
    let tolerations = pod.tolerations.as_deref().unwrap_or_default();
    let is_tolerated = |taint: &Taint| tolerations.iter().any(|toleration| tolerates(toleration, taint));
    let cordon = Taint { key: CORDONED.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
    if node.is_cordoned && !is_tolerated(&cordon) {
        return Err(Misfit::Cordoned);
    }
    let keeps_away = |taint: &&Taint| taint.effect != "PreferNoSchedule" && taint.key != CORDONED;
    match node.taints.iter().filter(keeps_away).all(is_tolerated) {
        true => Ok(()),
        false => Err(Misfit::Tainted),
    }
}

/// A term without any requirement selects nothing.
fn selects(term: &NodeSelectorTerm, name: &str, node: &NodeFacts) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    (!expressions.is_empty() || !fields.is_empty())
        && expressions.iter().all(|of| is_met(of, node.labels.get(&of.key).map(String::as_str)))
        && fields.iter().all(|of| is_met(of, Some(name).filter(|_| of.key == NAME_FIELD)))
}

fn is_met(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let is_among = || value.is_some_and(|value| values.iter().any(|known| known == value));
    let compared = |is_met: fn(&i64, &i64) -> bool| {
        let limit = values.first().and_then(|limit| limit.parse().ok());
        let value = value.and_then(|value| value.parse().ok());
        value.zip(limit).is_some_and(|(value, limit)| is_met(&value, &limit))
    };
    match requirement.operator.as_str() {
        "In" => is_among(),
        "NotIn" => !is_among(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(i64::gt),
        "Lt" => compared(i64::lt),
        _ => false,
    }
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let is_any = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
    let is_effect = is_any(&toleration.effect) || toleration.effect.as_deref() == Some(&taint.effect);
    let is_key = is_any(&toleration.key) || toleration.key.as_deref() == Some(&taint.key);
    let is_value = match toleration.operator.as_deref() {
        Some("Exists") => true,
        None | Some("" | "Equal") => {
            let value = |text: &Option<String>| text.clone().unwrap_or_default();
            !is_any(&toleration.key) && value(&toleration.value) == value(&taint.value)
        }
        Some(_) => false,
    };
    is_effect && is_key && is_value
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(node: &Value, pod: &Value) -> Result<(), Misfit> {
        let mut pod = pod.clone();
        pod["containers"] = json!([]);
        let node = NodeFacts::of(&serde_json::from_value(node.clone()).unwrap());
        fits("a", &node, &serde_json::from_value(pod).unwrap())
    }

    fn labelled(labels: &Value) -> Value {
        json!({"metadata": {"labels": labels}})
    }

    fn tainted(taint: &Value) -> Value {
        json!({"spec": {"taints": [taint]}})
    }

    #[test]
    fn labels_are_those_that_are_selected() {
        let linux = json!({"nodeSelector": {"kubernetes.io/os": "linux"}});
        assert_eq!(of(&labelled(&json!({"kubernetes.io/os": "linux"})), &linux), Ok(()));
        for other in [labelled(&json!({"kubernetes.io/os": "windows"})), json!({})] {
            assert_eq!(of(&other, &linux), Err(Misfit::NotSelected), "{other}");
        }
    }

    /// On a node of another architecture the image cannot be pulled, or its program not be started.
    #[test]
    fn nodes_are_those_that_the_images_are_for() {
        let either = json!({"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64", "arm64"]});
        let pod = json!({"nodeSelector": {"kubernetes.io/os": "linux"}, "affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [either]}]}
        }}});
        let node =
            |os: &str, arch: &str| labelled(&json!({"kubernetes.io/os": os, "kubernetes.io/arch": arch}));
        assert_eq!(of(&node("linux", "arm64"), &pod), Ok(()));
        for (os, arch) in [("linux", "s390x"), ("windows", "amd64")] {
            assert_eq!(of(&node(os, arch), &pod), Err(Misfit::NotSelected), "{os} {arch}");
        }
    }

    #[test]
    fn one_term_of_an_affinity_has_to_be_met_as_a_whole() {
        let node = labelled(&json!({"disk": "ssd", "cores": "8"}));
        let terms = |terms: Value| {
            let required = json!({"nodeSelectorTerms": terms});
            of(
                &node,
                &json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}),
            )
        };
        let label = |key: &str, operator: &str, values: &[&str]| json!({"key": key, "operator": operator, "values": values});
        let expressions = |all: &[Value]| json!({"matchExpressions": all});
        for met in [
            label("disk", "In", &["hdd", "ssd"]),
            label("disk", "NotIn", &["hdd"]),
            label("gpu", "NotIn", &["hdd"]),
            label("disk", "Exists", &[]),
            label("gpu", "DoesNotExist", &[]),
            label("cores", "Gt", &["7"]),
            label("cores", "Lt", &["9"]),
        ] {
            assert_eq!(terms(json!([expressions(std::slice::from_ref(&met))])), Ok(()), "{met}");
            let not = label("cores", "Gt", &["8"]);
            let both = expressions(&[met.clone(), not]);
            assert_eq!(terms(json!([both])), Err(Misfit::NotSelected), "{met}");
            assert_eq!(terms(json!([both, expressions(&[met])])), Ok(()));
        }
        let named = |name: &str| json!({"matchFields": [label("metadata.name", "In", &[name])]});
        assert_eq!(
            (terms(json!([named("a")])), terms(json!([named("b")]))),
            (Ok(()), Err(Misfit::NotSelected))
        );
        assert_eq!(terms(json!([{}])), Err(Misfit::NotSelected));
    }

    #[test]
    fn taints_keep_away_who_does_not_tolerate_them() {
        let gpu = tainted(&json!({"key": "gpu", "value": "a100", "effect": "NoSchedule"}));
        let tolerating = |toleration: Value| of(&gpu, &json!({"tolerations": [toleration]}));
        assert_eq!(of(&gpu, &json!({})), Err(Misfit::Tainted));
        for tolerated in [
            json!({"operator": "Exists"}),
            json!({"key": "gpu", "operator": "Exists"}),
            json!({"key": "gpu", "value": "a100", "effect": "NoSchedule"}),
        ] {
            assert_eq!(tolerating(tolerated.clone()), Ok(()), "{tolerated}");
        }
        for other in [
            json!({"key": "gpu", "value": "h100"}),
            json!({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}),
            json!({"key": "npu", "operator": "Exists"}),
            json!({"value": "a100"}),
        ] {
            assert_eq!(tolerating(other.clone()), Err(Misfit::Tainted), "{other}");
        }
        let preferred = tainted(&json!({"key": "gpu", "effect": "PreferNoSchedule"}));
        assert_eq!(of(&preferred, &json!({})), Ok(()));
        let lost = tainted(&json!({"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}));
        assert_eq!(of(&lost, &json!({})), Ok(()), "it passes by itself");
    }

    #[test]
    fn a_cordoned_node_is_for_those_that_tolerate_it() {
        let cordoned = json!({"spec": {"unschedulable": true, "taints": [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        ]}});
        assert_eq!(of(&cordoned, &json!({})), Err(Misfit::Cordoned));
        let tolerating =
            json!({"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]});
        assert_eq!(of(&cordoned, &tolerating), Ok(()));
    }
}
