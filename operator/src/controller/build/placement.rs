//! Where clients run relative to the server's node, as the scheduler takes it.

use crds::Placement;
use k8s_openapi::api::core::v1::{
    Affinity, PodAffinity, PodAffinityTerm, PodAntiAffinity, WeightedPodAffinityTerm,
};

use crate::session::Session;
use crate::session::labels::{self, Component};

/// A node.
const TOPOLOGY_KEY: &str = "kubernetes.io/hostname";
/// Away from the server matters most: the measurement is of the network between nodes.
const AWAY_FROM_SERVER: i32 = 100;
/// Next, away from each other, so that not all clients share one node.
const AWAY_FROM_EACH_OTHER: i32 = 10;

/// The clients' affinity: what the session's placement says, added to what its user says.
pub(super) fn affinity(session: &Session) -> Option<Affinity> {
    let users = session.spec.client.pod.affinity.clone();
    let server = near(session, Component::Server);
    let mut affinity = users.clone().unwrap_or_default();
    match session.spec.placement {
        Placement::Any => return users,
        Placement::Spread => {
            let clients = near(session, Component::Client);
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
    }
    Some(affinity)
}

fn anti_affinity(affinity: &mut Affinity) -> &mut PodAntiAffinity {
    affinity.pod_anti_affinity.get_or_insert_with(PodAntiAffinity::default)
}

/// The nodes on which a part of the session runs.
fn near(session: &Session, component: Component) -> PodAffinityTerm {
    PodAffinityTerm {
        label_selector: Some(labels::selector(&session.name, component)),
        topology_key: TOPOLOGY_KEY.into(),
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
        serde_json::to_value(affinity(&session(spec))).unwrap()
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
