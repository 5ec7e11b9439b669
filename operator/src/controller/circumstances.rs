//! What is known of a session's pods beside what they say of themselves now: what events say of those that do not start, how
//! attempts before them ended, which of their nodes are not Ready and in which zone, and the NetworkPolicies that select them.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;

use crate::clients::Zone;
use crate::cluster::LostNode;
use crate::controller::context::Controller;
use crate::controller::observe::{Clock, FailedAttempts, ObservedPods, slow_pods};
use crate::controller::policies::{self, Policies};
use crate::controller::session_ref::SessionRef;
use crate::controller::stuck_pods::last_warning;
use crate::session::Session;

/// What the last event that warns says of pods that do not start, by their UIDs: from memory, and from the API server for the
/// few that are stuck for no known cause.
pub(super) async fn events(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    pods: &[Arc<Pod>],
    Clock { now, time, .. }: Clock,
) -> BTreeMap<String, String> {
    let slow = slow_pods(pods, time);
    let due = controller.remember(session_ref, |memory| memory.pod_events.due(&slow, now));
    for uid in due {
        let said = last_warning(&controller.client, &session.namespace, &uid, time).await;
        controller.remember(session_ref, |memory| memory.pod_events.read(uid, said, now));
    }
    controller.remember(session_ref, |memory| memory.pod_events.said())
}

/// How attempts of clients ended that failed lately, those of these pods among them.
pub(super) fn failed_attempts(
    controller: &Controller,
    session_ref: &SessionRef,
    pods: &ObservedPods,
    Clock { time, .. }: Clock,
) -> FailedAttempts {
    controller.remember(session_ref, |memory| {
        memory.failed_attempts.note(pods, time);
        memory.failed_attempts.clone()
    })
}

/// Those of the pods' nodes that are not Ready, by name; all that are not where a pod finds no node.
pub(super) fn lost_nodes(controller: &Controller, pods: &ObservedPods) -> BTreeMap<String, LostNode> {
    if pods.are_unschedulable() {
        return controller.watches.lost_nodes();
    }
    pods.nodes().filter_map(|name| Some((name.to_owned(), controller.watches.lost_node(name)?))).collect()
}

/// The zones of the pods' nodes, by node, as far as nodes can be read and have any.
pub(super) fn zones(controller: &Controller, pods: &ObservedPods) -> BTreeMap<String, String> {
    let nodes = controller.watches.known_nodes();
    let zone = |node: &str| match nodes.zone(node) {
        Zone::Named(zone) => Some((node.to_owned(), zone.to_owned())),
        Zone::Unlabelled | Zone::Unknown => None,
    };
    pods.nodes().filter_map(zone).collect()
}

/// The NetworkPolicies that select the session's pods, in words, as they were read lately.
pub(super) async fn policies(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    pods: &[Arc<Pod>],
    Clock { now, .. }: Clock,
) -> Option<String> {
    let known = controller.remember(session_ref, |memory| {
        memory.policies.as_ref()?.holds(now).map(|words| words.map(str::to_owned))
    });
    if let Some(words) = known {
        return words;
    }
    let words = policies::read(&controller.client, &controller.settings.pod_defaults, session, pods).await;
    let found = Policies::found(words.clone(), now);
    controller.remember(session_ref, |memory| memory.policies = Some(found));
    words
}
