//! What the nodes say about where a session's clients may be: why there is no place for them, and which nodes go without.

use crds::Placement;
use crds::contract::ZONE_LABEL;
use crds::limits::MAX_NODES;
use k8s_openapi::api::core::v1::PodSpec;

use crate::clients::{AssignedNodes, KnownNodes, Misfit, Zone, fits};
use crate::controller::observe::reason::{Explanation, Reason};
use crate::session::Session;

/// What the nodes say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::controller) struct PlacementState {
    /// Why no client can be where it is to be.
    pub(super) problem: Option<Explanation>,
    /// What there is to know although all clients are where they are to be.
    notes: Vec<String>,
}

impl PlacementState {
    /// Of a session with a server on this node, as nodes were `assigned` to its clients, whose pods are to be scheduled so.
    pub(in crate::controller) fn of(
        session: &Session,
        nodes: &KnownNodes,
        server: Option<&str>,
        assigned: &AssignedNodes,
        scheduling: &PodSpec,
    ) -> Self {
        match session.spec.placement {
            Placement::EachNode => {
                Self { problem: no_node(session, nodes, scheduling), notes: without_client(assigned) }
            }
            Placement::CrossZone if !session.clients.is_empty() => {
                let is_unreadable = matches!(nodes, KnownNodes::Unreadable(_));
                let note = "nodes cannot be read: their zones are known to the scheduler alone";
                Self {
                    problem: no_zone(nodes, server),
                    notes: is_unreadable.then(|| note.to_owned()).into_iter().collect(),
                }
            }
            _ => Self::default(),
        }
    }

    /// The same of a session with clients on nodes, whose server, this pod, the scheduler brings to none of them for their sake.
    #[must_use]
    pub(in crate::controller) fn keeping_away(mut self, session: &Session, server: &str, why: &str) -> Self {
        let placement = match session.spec.placement {
            Placement::CrossNode => "CrossNode",
            Placement::CrossZone => "CrossZone",
            _ => return self,
        };
        let words = format!("clients keep {server} from their nodes, and make way for it after 10 s: {why}");
        self.problem = unschedulable(placement, &words);
        self
    }

    /// The notes, behind a message.
    pub(super) fn words(&self) -> String {
        self.notes.iter().map(|note| format!("; {note}")).collect()
    }
}

fn unschedulable(placement: &str, why: &str) -> Option<Explanation> {
    Some(Reason::Unschedulable.with_message(format!("placement {placement}: {why}")))
}

fn no_node(session: &Session, nodes: &KnownNodes, scheduling: &PodSpec) -> Option<Explanation> {
    let all = match nodes {
        KnownNodes::Unreadable(why) => {
            let why = format!("the operator cannot read nodes, and does not know which of them fit: {why}");
            return unschedulable("EachNode", &why);
        }
        _ if !session.clients.is_empty() => return None,
        KnownNodes::Awaited => {
            let message = "placement EachNode: the nodes have not been read yet";
            return Some(Reason::WaitingForClients.with_message(message));
        }
        KnownNodes::Listed(all) => all,
    };
    let verdicts: Vec<_> = all.iter().map(|(name, node)| fits(name, node, scheduling)).collect();
    let counted = |verdict: Result<(), Misfit>, words: &str| {
        let count = verdicts.iter().filter(|found| **found == verdict).count();
        (count > 0).then(|| format!("{count} {words}"))
    };
    let counts = [
        counted(Err(Misfit::NotSelected), "not selected by nodeSelector or affinity"),
        counted(Err(Misfit::Tainted), "with a taint that is not tolerated"),
        counted(Err(Misfit::Cordoned), "cordoned"),
        counted(Ok(()), "not ready"),
    ];
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    unschedulable("EachNode", &format!("none of {} nodes fits: {}", verdicts.len(), counts.join(", ")))
}

fn without_client(assigned: &AssignedNodes) -> Vec<String> {
    let note =
        |count: usize, words: &str| (count > 0).then(|| format!("nodes without a client: {count} {words}"));
    [
        note(assigned.left_out, &format!("above the limit of {MAX_NODES}")),
        note(assigned.late, "too late for this run"),
        note(assigned.not_ready, "not ready"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn no_zone(nodes: &KnownNodes, server: Option<&str>) -> Option<Explanation> {
    let zones: Vec<_> = nodes.listed()?.values().filter_map(|node| node.zone()).collect();
    let because = |why: String| unschedulable("CrossZone", &why);
    if zones.is_empty() {
        return because(format!("no node has the label {ZONE_LABEL}"));
    }
    let server = server?;
    match nodes.zone(server) {
        Zone::Unlabelled => because(format!(
            "node {server}, where the server is, has no label {ZONE_LABEL}: which zone is another one is not known"
        )),
        Zone::Named(zone) if zones.iter().all(|other| *other == zone) => {
            because(format!("all nodes with the label {ZONE_LABEL} are in zone {zone}, as the server is"))
        }
        Zone::Named(_) | Zone::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::clients::known_nodes;
    use crate::controller::build::{ClientPods, fixture};

    fn said(
        placement: &str,
        nodes: &KnownNodes,
        server: Option<&str>,
        assigned: &AssignedNodes,
    ) -> (String, String) {
        let mut session = fixture::session(&json!({"placement": placement, "clients": 2}));
        if placement == "EachNode" {
            session.clients = crate::run::WantedClients::of_nodes(&assigned.nodes);
        }
        let settings = fixture::settings();
        let scheduling = ClientPods::of(&session, &settings).scheduling();
        let state = PlacementState::of(&session, nodes, server, assigned, &scheduling);
        let problem =
            state.problem.as_ref().map(|found| format!("{}: {}", found.reason.as_str(), found.message));
        (problem.unwrap_or_default(), state.words())
    }

    fn on(nodes: &[&str]) -> AssignedNodes {
        AssignedNodes {
            nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
            ..AssignedNodes::default()
        }
    }

    fn zoned(zone: &str) -> Value {
        json!({"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}})
    }

    #[test]
    fn without_a_node_that_fits_it_is_said_why_none_does() {
        let linux = json!({"kubernetes.io/os": "linux", "kubernetes.io/arch": "riscv64"});
        let nodes = known_nodes(&[
            ("a", json!({"metadata": {"labels": linux}, "spec": {"unschedulable": true}})),
            (
                "b",
                json!({"metadata": {"labels": linux}, "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}}),
            ),
            ("c", json!({"metadata": {"labels": {"kubernetes.io/os": "windows"}}})),
            ("d", json!({"metadata": {"labels": linux}})),
        ]);
        assert_eq!(
            said("EachNode", &nodes, Some("a"), &on(&[])).0,
            "Unschedulable: placement EachNode: none of 4 nodes fits: 1 not selected by nodeSelector or affinity, 1 with a taint \
             that is not tolerated, 1 cordoned, 1 not ready"
        );
        assert_eq!(said("EachNode", &nodes, Some("a"), &on(&["a"])), Default::default());
        assert_eq!(said("Spread", &nodes, Some("a"), &on(&[])), Default::default());
    }

    /// The operator of one namespace may not read nodes.
    #[test]
    fn without_a_right_to_nodes_that_is_said() {
        let forbidden = KnownNodes::Unreadable("nodes is forbidden".into());
        let each_node = "Unschedulable: placement EachNode: the operator cannot read nodes, and does not know which of them fit: \
                         nodes is forbidden";
        for assigned in [on(&[]), on(&["a"])] {
            assert_eq!(said("EachNode", &forbidden, Some("a"), &assigned).0, each_node);
        }
        assert_eq!(
            said("EachNode", &KnownNodes::Awaited, None, &on(&[])).0,
            "WaitingForClients: placement EachNode: the nodes have not been read yet"
        );
        assert_eq!(said("EachNode", &KnownNodes::Awaited, None, &on(&["a"])), Default::default());
        let zones = said("CrossZone", &forbidden, Some("a"), &on(&[]));
        assert_eq!((zones.0.as_str(), zones.1.starts_with("; nodes cannot be read")), ("", true));
    }

    #[test]
    fn clients_that_keep_their_server_away_are_said_to_make_way() {
        let of = |placement: &str| {
            let session = fixture::session(&json!({"placement": placement}));
            let state = PlacementState::default().keeping_away(&session, "harbor-server-x", "0/2 nodes");
            state.problem.map(|problem| problem.message)
        };
        let said = "placement CrossNode: clients keep harbor-server-x from their nodes, and make way for it after 10 s: 0/2 nodes";
        assert_eq!(of("CrossNode").as_deref(), Some(said));
        assert!(of("CrossZone").is_some());
        assert_eq!((of("Spread"), of("EachNode")), (None, None));
    }

    #[test]
    fn nodes_that_go_without_a_client_are_counted() {
        let assigned = AssignedNodes { left_out: 5, not_ready: 1, ..on(&["a"]) };
        assert_eq!(
            said("EachNode", &known_nodes(&[]), None, &assigned).1,
            "; nodes without a client: 5 above the limit of 100; nodes without a client: 1 not ready"
        );
    }

    #[test]
    fn without_another_zone_it_is_said_what_there_is() {
        let why =
            |nodes: &[(&str, Value)], server| said("CrossZone", &known_nodes(nodes), server, &on(&[])).0;
        let none = [("a", json!({})), ("b", json!({}))];
        let no_label =
            "Unschedulable: placement CrossZone: no node has the label topology.kubernetes.io/zone";
        assert_eq!((why(&none, None), why(&none, Some("a"))), (no_label.into(), no_label.into()));
        let some = [("a", json!({})), ("b", zoned("north"))];
        assert_eq!(
            why(&some, Some("a")),
            "Unschedulable: placement CrossZone: node a, where the server is, has no label topology.kubernetes.io/zone: which \
             zone is another one is not known"
        );
        assert_eq!(why(&some, None), "", "it may come to b");
        let one = [("a", zoned("north")), ("b", zoned("north"))];
        assert_eq!(
            why(&one, Some("a")),
            "Unschedulable: placement CrossZone: all nodes with the label topology.kubernetes.io/zone are in zone north, as the \
             server is"
        );
        let two = [("a", zoned("north")), ("b", zoned("south"))];
        assert_eq!((why(&two, Some("a")), why(&two, Some("unknown"))), (String::new(), String::new()));
    }
}
