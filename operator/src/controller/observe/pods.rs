//! What the pods of a session say about themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crds::IpFamily;
use crds::contract::PATH_ANNOTATION;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::clients::{ClientPod, End};
use crate::controller::observe::awaited::{Awaited, awaited};
use crate::controller::observe::containers::unready_since_start;
use crate::controller::observe::failed_attempt::FailedAttempt;
use crate::controller::observe::overdue::overdue;
use crate::controller::observe::reason::{Explanation, Reason};
use crate::run::WantedClients;
use crate::session::Session;
use crate::session::labels;
use crate::session::pod::{condition, condition_met, is_server, node, phase};

/// The pods that a session has now; those on their way out no longer count.
#[derive(Debug, Default)]
pub(in crate::controller) struct ObservedPods {
    /// The server's.
    pub(super) server: Option<ObservedPod>,
    /// Those of its clients, by index.
    pub(super) clients: Vec<ObservedPod>,
    /// The clients that are done, by index, whether their pods are still there or not.
    pub(super) finished: BTreeSet<u32>,
    /// The attempts of clients that failed, by index, as far as their pods are still there.
    pub(super) failed: Vec<(u32, FailedAttempt)>,
    /// Why the last of the clients' pods failed, as those do that are evicted: nothing runs in them, and nothing ever will.
    pub(super) last_failure: Option<String>,
    /// The pods on their way out that keep their clients from being made anew.
    pub(super) leaving: Vec<LeavingPod>,
    /// When there may be such a pod.
    pub(super) overdue_in: Option<Duration>,
}

/// A pod on its way out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeavingPod {
    /// Its name.
    pub(super) name: String,
    /// Where it runs.
    pub(super) node: Option<String>,
    /// What keeps it, where it should be gone.
    pub(super) overdue: Option<Explanation>,
}

/// A pod, as far as conditions are concerned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ObservedPod {
    /// Its name.
    pub(super) name: String,
    /// Which client it is.
    pub(super) index: Option<u32>,
    /// Where it runs.
    pub(super) node: Option<String>,
    /// Its addresses, that of the cluster's first family first.
    pub(super) ips: Vec<IpAddr>,
    /// Since when it is ready; `None` while it is not.
    pub(super) ready_since: Option<Timestamp>,
    /// It runs, was ready, and is not any more: it had media.
    pub(super) was_ready: bool,
    /// It did what it was to do.
    pub(super) succeeded: bool,
    /// How its own container ended last, if that failed.
    pub(super) last_end: Option<String>,
    /// Why it does not come up.
    pub(super) problem: Option<Explanation>,
    /// What it waits for, in words that follow its name, where that is known.
    pub(super) awaits: Option<String>,
    /// When what it waits for becomes a problem.
    pub(super) stuck_in: Option<Duration>,
    /// The way that media is to take, where it was made for one.
    pub(super) path: Option<String>,
}

impl ObservedPods {
    /// Sorts the pods with the labels of a session of which these clients are done; `events` is what the last event that warns
    /// says of some of them, by UID. Where the clients are those of a Job, `job` is its UID. A pod with these labels that nobody
    /// made for the session is none of its own, and of each client only the last attempt counts.
    pub(in crate::controller) fn of(
        pods: &[Arc<Pod>],
        session: &Session,
        job: Option<&str>,
        finished: &BTreeSet<u32>,
        events: &BTreeMap<String, String>,
        time: Timestamp,
    ) -> Self {
        let is_client = |client: &ClientPod| match job {
            Some(job) => client.job.as_deref() == Some(job),
            None => !client.template.is_empty(),
        };
        let servers = pods.iter().filter(|pod| is_server(pod));
        // While one server follows another, that which works or came last.
        let server = servers.max_by_key(|pod| {
            let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (ready_since(pod).is_some(), created)
        });
        let (uid, name) = (&session.owner.uid, session.client_name());
        let client = |pod: &Arc<Pod>| {
            let client = ClientPod::of(pod, uid, &name).filter(|client| is_client(client))?;
            Some((Arc::clone(pod), client))
        };
        let mut last: BTreeMap<Option<u32>, (Arc<Pod>, ClientPod)> = BTreeMap::new();
        let mut failed: Option<Arc<Pod>> = None;
        let mut attempts = Vec::new();
        for (pod, client) in pods.iter().filter_map(client) {
            attempts.extend(client.index.zip(FailedAttempt::of(&pod)));
            if phase(&pod) == Some("Failed") && client.end == Some(End::Failed) {
                let created = |pod: &Pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
                let is_later = failed.as_ref().is_none_or(|known| created(known) <= created(&pod));
                failed = if is_later { Some(pod) } else { failed };
                continue;
            }
            let is_later = last.get(&client.index).is_none_or(|(_, known)| known.attempt <= client.attempt);
            if is_later && !client.is_terminating {
                last.insert(client.index, (pod, client));
            }
        }
        let is_in_the_way = |client: &ClientPod| {
            let is_wanted = client.index.is_some_and(|index| session.clients.contains(index));
            client.is_terminating && client.end.is_none() && is_wanted && !last.contains_key(&client.index)
        };
        let leaving = pods.iter().filter_map(client).filter(|(_, client)| is_in_the_way(client));
        let leaving: Vec<_> = leaving.map(|(pod, client)| (client, overdue(&pod, time))).collect();
        let is_bounded = session.duration.is_some();
        Self {
            server: server.map(|pod| ObservedPod::of(pod, None, events, time)),
            clients: last
                .into_values()
                .map(|(pod, client)| {
                    ObservedPod::of(&pod, Some(&client).filter(|_| is_bounded), events, time)
                })
                .collect(),
            finished: finished.clone(),
            failed: attempts,
            last_failure: failed.map(|pod| failure(&pod)),
            overdue_in: leaving.iter().filter_map(|(_, overdue)| overdue.as_ref().err()).min().copied(),
            leaving: leaving
                .into_iter()
                .map(|(client, overdue)| LeavingPod {
                    name: client.name,
                    node: client.node,
                    overdue: overdue.ok(),
                })
                .collect(),
        }
    }

    /// Those of the wanted clients that have media or are done, or `nearly_done` and without media for that: what was done
    /// before there were to be fewer serves nobody.
    pub(super) fn served_clients(&self, wanted: &WantedClients, nearly_done: &BTreeSet<u32>) -> usize {
        let is_wanted = |index: u32| wanted.contains(index);
        let is_served = |pod: &&ObservedPod| {
            let is_finished = pod.index.is_some_and(|index| self.finished.contains(&index));
            let ends = pod.was_ready && pod.index.is_some_and(|index| nearly_done.contains(&index));
            let is_served = pod.ready_since.is_some() || pod.succeeded || ends;
            pod.index.is_some_and(is_wanted) && !is_finished && is_served
        };
        let finished = self.finished.iter().filter(|index| is_wanted(**index)).count();
        finished + self.clients.iter().filter(is_served).count()
    }

    /// Client pods that are ready.
    pub(super) fn ready_clients(&self) -> impl Iterator<Item = &ObservedPod> {
        self.clients.iter().filter(|pod| pod.ready_since.is_some())
    }

    /// The clients whose pods have media now, by index.
    pub(in crate::controller) fn ready_indexes(&self) -> BTreeSet<u32> {
        self.ready_clients().filter_map(|pod| pod.index).collect()
    }

    /// Whether no node takes one of them.
    pub(in crate::controller) fn are_unschedulable(&self) -> bool {
        let problems = self.all().filter_map(|pod| pod.problem.as_ref());
        problems.into_iter().any(|problem| problem.reason == Reason::Unschedulable)
    }

    /// The nodes of all of them, and of those on their way out.
    pub(in crate::controller) fn nodes(&self) -> impl Iterator<Item = &str> {
        let leaving = self.leaving.iter().filter_map(|pod| pod.node.as_deref());
        self.all().filter_map(|pod| pod.node.as_deref()).chain(leaving)
    }

    /// All of them, the server first: without it no client comes up either.
    pub(super) fn all(&self) -> impl Iterator<Item = &ObservedPod> {
        self.server.iter().chain(&self.clients)
    }
}

impl ObservedPod {
    /// Its address of this family, or where none is asked for of the cluster's first one.
    pub(super) fn ip(&self, family: Option<IpFamily>) -> Option<IpAddr> {
        let is_of =
            |address: &&IpAddr| family.is_none_or(|family| address.is_ipv6() == (family == IpFamily::Ipv6));
        self.ips.iter().find(is_of).copied()
    }

    /// `client` is that of the pod, where it may be done.
    fn of(pod: &Pod, client: Option<&ClientPod>, events: &BTreeMap<String, String>, time: Timestamp) -> Self {
        let event = pod.metadata.uid.as_ref().and_then(|uid| events.get(uid)).map(String::as_str);
        // Whatever else goes on in a pod whose client is done, nothing of it is waited for.
        let succeeded = client.is_some_and(|client| client.end == Some(End::Succeeded));
        let awaited = if succeeded { Awaited::default() } else { awaited(pod, event, time) };
        Self {
            name: pod.name_any(),
            index: labels::client_index(&pod.metadata),
            node: node(pod).map(str::to_owned),
            ips: addresses(pod),
            ready_since: ready_since(pod),
            was_ready: was_ready(pod) && !succeeded,
            succeeded,
            last_end: FailedAttempt::of(pod).map(|attempt| attempt.cause),
            problem: awaited.problem,
            awaits: awaited.words,
            stuck_in: awaited.stuck_in,
            path: pod.annotations().get(PATH_ANNOTATION).cloned(),
        }
    }
}

/// Of both families, where it has both.
fn addresses(pod: &Pod) -> Vec<IpAddr> {
    let status = pod.status.as_ref();
    let of_families = status.and_then(|status| status.pod_ips.as_deref()).unwrap_or_default();
    let of_families = of_families.iter().map(|address| address.ip.as_str());
    let first = status.and_then(|status| status.pod_ip.as_deref());
    let mut addresses: Vec<IpAddr> = of_families.filter_map(|address| address.parse().ok()).collect();
    let is_new = |first: &IpAddr| !addresses.contains(first);
    if let Some(first) = first.and_then(|first| first.parse().ok()).filter(is_new) {
        addresses.insert(0, first);
    }
    addresses
}

/// Why a pod failed as a whole.
fn failure(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let reason = status.and_then(|status| status.reason.as_deref()).unwrap_or("Failed");
    let why = status.and_then(|status| status.message.as_deref());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} is gone ({reason}{why})", pod.name_any())
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let ready = condition_met(pod, "Ready")?;
    Some(ready.last_transition_time.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0))
}

/// Whether a container that runs was ready before: what was never ready has been unready since before it was started.
fn was_ready(pod: &Pod) -> bool {
    let unready = condition(pod, "Ready").filter(|ready| ready.status == "False");
    let since = unready.and_then(|ready| ready.last_transition_time.as_ref()).map(|since| since.0);
    since.zip(unready_since_start(pod)).is_some_and(|(since, started)| since > started)
}

#[cfg(test)]
pub(super) mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    /// A pod on node `b` or, the server's, on `a`, with this status.
    pub(in super::super) fn pod(component: &str, index: usize, status: &Value) -> Arc<Pod> {
        let is_server = component == "server";
        let (kind, owner) = if is_server { ("ReplicaSet", "set-1") } else { ("BallSession", "5e8d2c1a-uid") };
        let name = if is_server { "harbor-server-x".into() } else { format!("harbor-client-{index}-y") };
        Arc::new(
            serde_json::from_value(json!({
                "metadata": {
                    "name": name, "namespace": "lighthouse",
                    "labels": {"app.kubernetes.io/component": component, "app.kubernetes.io/instance": "harbor",
                               "ballsession.dev/client-index": index.to_string()},
                    "annotations": {"ballsession.dev/attempt": "1", "ballsession.dev/template-hash": "t"},
                    "ownerReferences": [{"apiVersion": "v1", "kind": kind, "name": "o", "uid": owner, "controller": true}]
                },
                "spec": {"containers": [], "nodeName": if is_server { "a" } else { "b" }},
                "status": status
            }))
            .unwrap(),
        )
    }

    pub(in super::super) fn ready(since: &str) -> Value {
        json!({"podIP": "10.244.1.7", "phase": "Running",
               "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}]})
    }

    /// Of a client that has media no longer, 20 s after its start.
    pub(in super::super) fn no_longer_ready() -> Value {
        json!({"phase": "Running", "containerStatuses": [{
            "name": "client", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}
        }], "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:20Z"}]})
    }

    pub(in super::super) fn waiting(reason: &str, message: &str) -> Value {
        json!({"containerStatuses": [{
            "name": "c", "image": "registry.example/s:7", "imageID": "", "ready": false, "restartCount": 3,
            "state": {"waiting": {"reason": reason, "message": message}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "starting\ncannot listen: in use\n\n"}}
        }]})
    }

    /// What is observed of the pods of a session without an end.
    fn observed(pods: &[Arc<Pod>]) -> ObservedPods {
        let session = fixture::session(&json!({"clients": 2}));
        ObservedPods::of(pods, &session, None, &BTreeSet::new(), &BTreeMap::new(), Timestamp::UNIX_EPOCH)
    }

    fn changed(pod: Arc<Pod>, change: impl FnOnce(&mut Pod)) -> Arc<Pod> {
        let mut pod = Arc::unwrap_or_clone(pod);
        change(&mut pod);
        Arc::new(pod)
    }

    /// Every kubelet says of a pod that it is not ready before it starts it.
    #[test]
    fn who_was_ready_had_media() {
        let of = |path: &str, value: Value| {
            let mut status = no_longer_ready();
            *status.pointer_mut(path).unwrap() = value;
            observed(&[pod("client", 1, &status)]).clients[0].was_ready
        };
        let (container, since) = ("/containerStatuses/0", "/conditions/0/lastTransitionTime");
        assert!(of("/containerStatuses/0/ready", json!(false)));
        assert!(!of(since, json!("2026-01-01T00:00:01Z")), "it has not been ready yet");
        assert!(!of(since, json!("2026-01-01T00:00:02Z")), "nobody knows");
        assert!(!of("/conditions/0/status", json!("True")), "it is ready");
        assert!(!of("/containerStatuses/0/ready", json!(true)), "it is another container that is not");
        assert!(!of("/containerStatuses/0/name", json!("mesh")), "it is none of ours");
        let ended = json!({"name": "client", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                           "state": {"terminated": {"exitCode": 1}}});
        assert!(!of(container, ended), "it has ended");
    }

    #[test]
    fn only_pods_that_stay_and_belong_to_the_session_count() {
        let up = ready("2026-01-01T00:00:00Z");
        let going =
            |pod| changed(pod, |pod| pod.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH)));
        let by_hand = |pod| changed(pod, |pod| pod.metadata.owner_references = None);
        let of_another = |pod| {
            changed(pod, |pod| pod.metadata.owner_references.as_mut().unwrap()[0].uid = "another".into())
        };
        let pods = [
            by_hand(pod("server", 9, &up)),
            pod("server", 0, &up),
            pod("client", 10, &json!({})),
            pod("client", 2, &up),
            going(pod("client", 3, &up)),
            by_hand(pod("client", 4, &up)),
            of_another(pod("client", 5, &up)),
        ];
        let found = observed(&pods);
        assert_eq!(found.server.unwrap().node.as_deref(), Some("a"));
        let indices: Vec<_> = found.clients.iter().map(|pod| pod.index).collect();
        assert_eq!(indices, [Some(2), Some(10)]);
    }

    #[test]
    fn of_a_client_the_last_attempt_counts() {
        let named = |name: &str, attempt: &str, status: &Value| {
            changed(pod("client", 0, status), |pod| {
                pod.metadata.name = Some(name.to_owned());
                let annotations = pod.metadata.annotations.as_mut().unwrap();
                annotations.insert("ballsession.dev/attempt".to_owned(), attempt.to_owned());
            })
        };
        let up = ready("2026-01-01T00:00:00Z");
        let pods = [
            named("second", "2", &up),
            named("first", "1", &up),
            named("third", "3", &json!({"phase": "Failed"})),
        ];
        let found = observed(&pods);
        assert_eq!(found.clients.iter().map(|pod| pod.name.as_str()).collect::<Vec<_>>(), ["second"]);
        assert_eq!(found.last_failure.as_deref(), Some("third is gone (Failed)"));
    }

    #[test]
    fn of_two_servers_the_ready_one_is_the_server() {
        let old = changed(pod("server", 0, &ready("2026-01-01T00:00:00Z")), |pod| {
            pod.metadata.name = Some("old".into());
        });
        let new = pod("server", 0, &json!({}));
        assert_eq!(observed(&[old, new]).server.unwrap().name, "old");
    }
}
