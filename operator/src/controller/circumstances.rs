//! What is known of a session's pods beside what they say of themselves now: how attempts before them ended, what events say
//! of those that do not start, which of their nodes are not Ready, and the NetworkPolicies that select them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;

use crate::cluster::LostNode;
use crate::controller::context::Controller;
use crate::controller::observe::{Clock, FailedAttempts, slow_pods};
use crate::controller::policies::{self, Policies};
use crate::controller::session_ref::SessionRef;
use crate::controller::stuck_pods::last_warning;
use crate::session::Session;

/// What is known beside the pods.
pub(super) struct Circumstances {
    pub(super) failed_attempts: FailedAttempts,
    /// What the last event that warns says of a pod that does not start, by its UID.
    pub(super) events: BTreeMap<String, String>,
    /// Those of its pods' nodes that are not Ready, by name.
    pub(super) lost_nodes: BTreeMap<String, LostNode>,
}

/// Brings it up to now: from memory, and from the API server for the few pods that are stuck for no known cause.
pub(super) async fn circumstances(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    pods: &[Arc<Pod>],
    finished: &BTreeSet<u32>,
    Clock { now, time, .. }: Clock,
) -> Circumstances {
    let slow = slow_pods(pods, time);
    let (failed_attempts, due) = controller.remember(session_ref, |memory| {
        memory.failed_attempts.observe(pods, session, finished, time);
        (memory.failed_attempts.clone(), memory.pod_events.due(&slow, now))
    });
    for uid in due {
        let said = last_warning(&controller.client, &session.namespace, &uid, time).await;
        controller.remember(session_ref, |memory| memory.pod_events.read(uid, said, now));
    }
    let events = controller.remember(session_ref, |memory| memory.pod_events.said());
    let nodes = pods.iter().filter_map(|pod| pod.spec.as_ref()?.node_name.as_ref());
    let lost_nodes =
        nodes.filter_map(|name| Some((name.clone(), controller.watches.lost_node(name)?))).collect();
    Circumstances { failed_attempts, events, lost_nodes }
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
    let words = policies::read(&controller.client, session, pods).await;
    let found = Policies::found(words.clone(), now);
    controller.remember(session_ref, |memory| memory.policies = Some(found));
    words
}
