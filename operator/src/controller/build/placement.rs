//! Where clients run relative to the server's node, as the scheduler takes it.

use crds::Placement;
use crds::contract::ZONE_LABEL;
use k8s_openapi::api::core::v1::{
    Affinity, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity, PodAffinityTerm, PodAntiAffinity,
    Toleration, WeightedPodAffinityTerm,
};

use crate::clients::NAME_FIELD;
use crate::controller::build::common::{LOST_TAINTS, staying};
use crate::session::Session;
use crate::session::labels::{self, Component};

/// A node.
const HOSTNAME: &str = "kubernetes.io/hostname";
/// Away from the server matters most: the measurement is of the network between nodes.
const AWAY_FROM_SERVER: i32 = 100;
/// Next, away from each other, so that not all clients share one node.
const AWAY_FROM_EACH_OTHER: i32 = 10;

/// The affinity of a client: what the session's placement says, added to what is set for its pods. `node` is the client's own,
/// where it has one.
pub(super) fn affinity(session: &Session, users: Option<Affinity>, node: Option<&str>) -> Option<Affinity> {
    let server = near(session, Component::Server, HOSTNAME);
    let mut affinity = users.clone().unwrap_or_default();
    match session.spec.placement {
        Placement::Any => return users,
        Placement::Spread => {
            let clients = near(session, Component::Client, HOSTNAME);
            anti_affinity(&mut affinity)
                .preferred_during_scheduling_ignored_during_execution
                .get_or_insert_default()
                .extend([weighted(AWAY_FROM_SERVER, server), weighted(AWAY_FROM_EACH_OTHER, clients)]);
        }
        Placement::CrossNode => anti_affinity(&mut affinity)
            .required_during_scheduling_ignored_during_execution
            .get_or_insert_default()
            .push(server),
        Placement::SameNode => affinity
            .pod_affinity
            .get_or_insert_with(PodAffinity::default)
            .required_during_scheduling_ignored_during_execution
            .get_or_insert_default()
            .push(server),
        // Of nodes without a zone the scheduler holds that they are away from everything. That a zone is another one it is told by
        // the server's pod, and not by the name of its zone: so it decides by where the server is then.
        Placement::CrossZone => {
            require(&mut affinity, &|term| {
                term.match_expressions.get_or_insert_default().push(requirement(ZONE_LABEL, "Exists", None));
            });
            anti_affinity(&mut affinity)
                .required_during_scheduling_ignored_during_execution
                .get_or_insert_default()
                .push(near(session, Component::Server, ZONE_LABEL));
        }
        Placement::EachNode => {
            let Some(node) = node else { return users };
            require(&mut affinity, &|term| {
                let pin = requirement(NAME_FIELD, "In", Some(node));
                term.match_fields.get_or_insert_default().push(pin);
            });
        }
    }
    Some(affinity)
}

/// What a client tolerates beside what its user says: one that belongs to a node stays there when that is lost, and goes on when it
/// is back.
pub(super) fn tolerations(session: &Session) -> Vec<Toleration> {
    if session.spec.placement != Placement::EachNode {
        return Vec::new();
    }
    LOST_TAINTS.map(|taint| staying(taint, None)).into()
}

/// Adds what is required of a node to each of the terms by which one may be selected.
pub(super) fn require(affinity: &mut Affinity, add: &dyn Fn(&mut NodeSelectorTerm)) {
    let required = affinity
        .node_affinity
        .get_or_insert_default()
        .required_during_scheduling_ignored_during_execution
        .get_or_insert_default();
    // An empty one selects nothing, which has to stay so.
    let is_empty = |term: &NodeSelectorTerm| {
        let (expressions, fields) = (&term.match_expressions, &term.match_fields);
        expressions.as_ref().is_none_or(Vec::is_empty) && fields.as_ref().is_none_or(Vec::is_empty)
    };
    if required.node_selector_terms.is_empty() {
        required.node_selector_terms.push(NodeSelectorTerm::default());
        return required.node_selector_terms.iter_mut().for_each(add);
    }
    required.node_selector_terms.iter_mut().filter(|term| !is_empty(term)).for_each(add);
}

fn requirement(key: &str, operator: &str, value: Option<&str>) -> NodeSelectorRequirement {
    NodeSelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values: value.map(|value| vec![value.to_owned()]),
    }
}

fn anti_affinity(affinity: &mut Affinity) -> &mut PodAntiAffinity {
    affinity.pod_anti_affinity.get_or_insert_with(PodAntiAffinity::default)
}

/// The nodes, or other domains, in which a part of the session runs.
fn near(session: &Session, component: Component, topology_key: &str) -> PodAffinityTerm {
    PodAffinityTerm {
        label_selector: Some(labels::selector(&session.name, component)),
        topology_key: topology_key.into(),
        ..PodAffinityTerm::default()
    }
}

fn weighted(weight: i32, pod_affinity_term: PodAffinityTerm) -> WeightedPodAffinityTerm {
    WeightedPodAffinityTerm { weight, pod_affinity_term }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture::session;

    fn of(spec: &Value) -> Value {
        on(spec, None)
    }

    fn on(spec: &Value, node: Option<&str>) -> Value {
        let session = session(spec);
        let users = session.spec.client.pod.affinity.clone();
        serde_json::to_value(affinity(&session, users, node)).unwrap()
    }

    fn near_json(component: &str) -> Value {
        json!({
            "labelSelector": {"matchLabels": {
                "app.kubernetes.io/component": component, "app.kubernetes.io/instance": "harbor",
                "app.kubernetes.io/name": "ballsession"
            }},
            "topologyKey": "kubernetes.io/hostname"
        })
    }

    #[test]
    fn each_placement_in_the_schedulers_words() {
        assert_eq!(of(&json!({"placement": "Any"})), Value::Null);
        assert_eq!(
            of(&json!({})),
            json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 100, "podAffinityTerm": near_json("server")},
                {"weight": 10, "podAffinityTerm": near_json("client")}
            ]}})
        );
        assert_eq!(
            of(&json!({"placement": "CrossNode"})),
            json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near_json("server")]}})
        );
        assert_eq!(
            of(&json!({"placement": "SameNode"})),
            json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near_json("server")]}})
        );
    }

    fn required(terms: &Value) -> Value {
        json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}})
    }

    #[test]
    fn other_zones_are_those_of_nodes_that_have_one() {
        let zoned = json!({"key": "topology.kubernetes.io/zone", "operator": "Exists"});
        let mut away = near_json("server");
        away["topologyKey"] = json!("topology.kubernetes.io/zone");
        let away = json!({"requiredDuringSchedulingIgnoredDuringExecution": [away]});
        assert_eq!(
            of(&json!({"placement": "CrossZone"})),
            json!({"nodeAffinity": required(&json!([{"matchExpressions": [zoned]}])), "podAntiAffinity": away})
        );
        let ssd = json!({"key": "disk", "operator": "In", "values": ["ssd"]});
        let users = json!({"nodeAffinity": required(&json!([{"matchExpressions": [ssd]}, {}]))});
        assert_eq!(
            of(&json!({"placement": "CrossZone", "client": {"affinity": users}}))["nodeAffinity"],
            required(&json!([{"matchExpressions": [ssd, zoned]}, {}])),
            "what selects nothing still does not"
        );
    }

    #[test]
    fn a_client_of_a_node_is_pinned_to_it_by_its_name() {
        let spec = json!({"placement": "EachNode"});
        let pin = json!({"key": "metadata.name", "operator": "In", "values": ["a"]});
        assert_eq!(on(&spec, Some("a")), json!({"nodeAffinity": required(&json!([{"matchFields": [pin]}]))}));
        let label = |key: &str| json!({"key": key, "operator": "Exists"});
        let either = json!([{"matchExpressions": [label("x")]}, {"matchExpressions": [label("y")]}]);
        let spec =
            json!({"placement": "EachNode", "client": {"affinity": {"nodeAffinity": required(&either)}}});
        assert_eq!(
            on(&spec, Some("a"))["nodeAffinity"],
            required(&json!([
                {"matchExpressions": [label("x")], "matchFields": [pin]},
                {"matchExpressions": [label("y")], "matchFields": [pin]}
            ]))
        );
        assert_eq!(on(&spec, None), json!({"nodeAffinity": required(&either)}), "which nodes fit at all");
        assert_eq!(tolerations(&session(&json!({}))), []);
        let lost = tolerations(&session(&spec));
        assert!(lost.len() == 2 && lost.iter().all(|lost| lost.toleration_seconds.is_none()), "{lost:?}");
    }

    #[test]
    fn the_users_affinity_stays() {
        let users = json!({
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []},
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}
        });
        let asked = |placement: &str| json!({"placement": placement, "client": {"affinity": users}});
        assert_eq!(of(&asked("Any")), users);
        let mut both = users.clone();
        both["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
            json!([{"topologyKey": "zone"}, near_json("server")]);
        assert_eq!(of(&asked("CrossNode")), both);
    }
}
