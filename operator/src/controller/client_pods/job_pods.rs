//! Whether the Job by which an earlier version runs a session's clients does what it is for. Kubernetes follows rules of its own
//! with it, of which some are slow: it makes the pods of a node that is lost anew when the node is back, and what was evicted
//! for the seventh time after ten minutes.

use std::time::Duration;

use k8s_openapi::api::batch::v1::{Job, JobSpec};

use crate::clients::{ClientPod, LOST_AFTER};
use crate::controller::client_pods::former_job::{finished_in_job, is_of_run};
use crate::session::Session;

/// So many pods of a Job may fail: each time it waits for twice as long before it makes the next, at first for 10 s.
const MOST_FAILURES: i32 = 2;

/// What is thought of the Job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::controller) struct JobState {
    /// Its pods are the clients that are asked for, or are about to be.
    pub(in crate::controller) is_working: bool,
    /// When to ask again although nothing happens.
    pub(in crate::controller) again_in: Option<Duration>,
}

/// What is thought of the Job of a session, if that is still there and these are its clients' pods. `not_ready_for` says for how
/// long a node has not been ready.
pub(in crate::controller) fn job_state(
    job: &Job,
    session: &Session,
    pods: &[ClientPod],
    not_ready_for: &dyn Fn(&str) -> Option<Duration>,
) -> JobState {
    let own: Vec<_> = pods.iter().filter(|pod| pod.job == job.metadata.uid).collect();
    let left_on_lost_nodes = own.iter().filter(|pod| pod.end.is_none()).filter_map(|pod| {
        let lasted = not_ready_for(pod.node.as_deref()?)?;
        Some(LOST_AFTER.saturating_sub(lasted))
    });
    let again_in = left_on_lost_nodes.min();
    let is_lost = again_in.is_some_and(|left| left.is_zero());

    let finished = finished_in_job(job, session);
    let is_there = |pod: &&ClientPod| {
        pod.has_finished(session.clients_run()) || (pod.end.is_none() && !pod.is_terminating)
    };
    let is_served = |index: u32| {
        finished.contains(&index) || own.iter().copied().filter(is_there).any(|pod| pod.index == Some(index))
    };
    let failures = job.status.as_ref().and_then(|status| status.failed).unwrap_or_default();
    let is_slow = failures > MOST_FAILURES && !(0..session.spec.clients.unsigned_abs()).all(is_served);

    let is_working = is_asked_for(job, session) && (is_over(job) || (!is_lost && !is_slow));
    JobState { is_working, again_in: again_in.filter(|_| is_working) }
}

/// Whether it is made of what is asked for, and not over before its time.
fn is_asked_for(job: &Job, session: &Session) -> bool {
    let clients = Some(session.spec.clients);
    let is_so = |spec: &JobSpec| {
        (spec.parallelism, spec.completions) == (clients, clients) && spec.suspend != Some(true)
    };
    let may_be_over = session.duration.is_some() || session.spec.clients == 0;
    session.owns(job)
        && job.metadata.deletion_timestamp.is_none()
        && job.spec.as_ref().is_some_and(is_so)
        && is_of_run(job, session)
        && !has(job, "Failed")
        && !has(job, "FailureTarget")
        && (may_be_over || !is_over(job))
}

/// Whether each of its clients did what it was to do.
fn is_over(job: &Job) -> bool {
    has(job, "Complete")
}

fn has(job: &Job, kind: &str) -> bool {
    let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == kind && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    fn owner(kind: &str, name: &str, uid: &str) -> Value {
        json!([{"apiVersion": "v1", "kind": kind, "name": name, "uid": uid, "controller": true}])
    }

    /// A Job of two clients, as the version before made it.
    fn job(session: &Session, change: impl FnOnce(&mut Value)) -> Job {
        let mut job = json!({
            "metadata": {"name": "harbor-client", "uid": "job-uid", "ownerReferences": owner("BallSession", "harbor", "5e8d2c1a-uid")},
            "spec": {"parallelism": 2, "completions": 2, "suspend": false, "template": {"metadata": {"annotations": {}}}},
            "status": {}
        });
        if session.duration.is_some() {
            job["spec"]["template"]["metadata"]["annotations"] =
                json!({"ballsession.dev/run": session.run_hash});
        }
        change(&mut job);
        serde_json::from_value(job).unwrap()
    }

    fn pods(session: &Session, change: impl FnOnce(&mut Value)) -> Vec<ClientPod> {
        let pod = |index: &str| {
            json!({
                "metadata": {
                    "name": format!("harbor-client-{index}-x"), "uid": index, "labels": {"app.kubernetes.io/component": "client"},
                    "annotations": {"batch.kubernetes.io/job-completion-index": index, "ballsession.dev/run": session.run_hash},
                    "ownerReferences": owner("Job", "harbor-client", "job-uid")
                },
                "spec": {"containers": [], "nodeName": format!("node-{index}")}, "status": {"phase": "Running"}
            })
        };
        let mut pods = json!([pod("0"), pod("1")]);
        change(&mut pods);
        let pods: Vec<Pod> = serde_json::from_value(pods).unwrap();
        pods.iter().filter_map(|pod| ClientPod::of(pod, "5e8d2c1a-uid", "harbor-client")).collect()
    }

    /// The state of the Job of a session, where its pods are changed, and the node of the second was lost so many seconds ago.
    fn state(
        spec: &Value,
        of_job: impl FnOnce(&mut Value),
        of_pods: impl FnOnce(&mut Value),
        lost: Option<u64>,
    ) -> JobState {
        let session = fixture::session(spec);
        let not_ready_for = |node: &str| lost.filter(|_| node == "node-1").map(Duration::from_secs);
        job_state(&job(&session, of_job), &session, &pods(&session, of_pods), &not_ready_for)
    }

    fn condition(job: &mut Value, kind: &str) {
        job["status"]["conditions"] = json!([{"type": kind, "status": "True"}]);
    }

    const UNBOUNDED: fn() -> Value = || json!({"clients": 2});
    const BOUNDED: fn() -> Value = || json!({"clients": 2, "duration": "5m"});

    #[test]
    fn a_job_does_what_it_is_for_as_long_as_that_is_asked_for() {
        for spec in [UNBOUNDED(), BOUNDED()] {
            let works = |change: &dyn Fn(&mut Value)| state(&spec, change, |_| (), None).is_working;
            assert!(works(&|_| ()), "{spec}");
            assert!(!works(&|job| job["spec"]["parallelism"] = json!(1)));
            assert!(!works(&|job| job["spec"]["completions"] = json!(3)));
            assert!(!works(&|job| job["spec"]["suspend"] = json!(true)), "by somebody else");
            assert!(!works(&|job| job["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z")));
            assert!(!works(&|job| job["metadata"]["ownerReferences"] = json!([])));
            assert!(!works(&|job| job["spec"]["template"]["metadata"]["annotations"] =
                json!({"ballsession.dev/run": "other"})));
            assert!(!works(&|job| condition(job, "Failed")));
        }
        let over = |spec: &Value| state(spec, |job| condition(job, "Complete"), |_| (), None).is_working;
        assert!(over(&BOUNDED()) && !over(&UNBOUNDED()), "without an end there is none");
    }

    #[test]
    fn a_job_waits_for_a_node_that_is_lost_and_its_session_does_not() {
        let lost = |seconds| state(&UNBOUNDED(), |_| (), |_| (), Some(seconds));
        assert_eq!(lost(7), JobState { is_working: true, again_in: Some(Duration::from_secs(23)) });
        assert_eq!(lost(30), JobState { is_working: false, again_in: None });
        let done = |pods: &mut Value| pods[1]["status"] = json!({"phase": "Succeeded"});
        assert!(state(&BOUNDED(), |_| (), done, Some(60)).is_working, "who is done needs no node");
    }

    /// O1: the seventh came after ten minutes.
    #[test]
    fn a_job_that_waits_too_long_for_the_next_pod_is_not_waited_for() {
        let works = |failed: i32, change: &dyn Fn(&mut Value)| {
            state(&UNBOUNDED(), |job| job["status"]["failed"] = json!(failed), change, None).is_working
        };
        let evicted = |pods: &mut Value| pods[1]["status"] = json!({"phase": "Failed", "reason": "Evicted"});
        let going =
            |pods: &mut Value| pods[1]["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert!(works(1, &evicted) && works(2, &evicted) && !works(3, &evicted) && !works(3, &going));
        assert!(works(9, &|_| ()), "they are all there");
        let done = |job: &mut Value| job["status"] = json!({"failed": 9, "completedIndexes": "1"});
        let gone = |pods: &mut Value| drop(pods.as_array_mut().unwrap().pop());
        assert!(state(&BOUNDED(), done, gone, None).is_working, "of who is done no pod is needed");
    }
}
