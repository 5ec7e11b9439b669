//! What must be so at every moment, faults or not: no client has two pods at work, and what is said of a run that is over stays.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::pods::SessionPod;

/// What was seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// What is stored of the runs that are over, by the UID of their session and their hash.
    over: BTreeMap<(String, String), Value>,
}

impl Seen {
    /// Fails where something was never to be.
    pub(crate) fn observe(&mut self, sessions: &[Value], pods: &[SessionPod]) {
        let doubles = doubles(pods);
        assert!(doubles.is_empty(), "two pods of a client: {doubles:?}");
        for session in sessions {
            let Some((run, said)) = over(session) else { continue };
            let key = (session["metadata"]["uid"].to_string(), run);
            let before = self.over.entry(key).or_insert_with(|| said.clone());
            assert_eq!(*before, said, "of a run that is over is said something else than before");
        }
    }

    /// How many runs were seen to be over.
    pub(crate) fn runs(&self) -> usize {
        self.over.len()
    }
}

/// The hash of a run that is over, and all that is said of it.
fn over(session: &Value) -> Option<(String, Value)> {
    let status = &session["status"];
    let conditions = status["conditions"].as_array()?;
    let said = |kind: &str| conditions.iter().find(|condition| condition["type"] == kind);
    if said("Complete")?["status"] != "True" {
        return None;
    }
    let (run, met) = (&status["run"], said("ObjectivesMet")?);
    // The next run is asked for: this is still about the one before.
    let is_current = status["observedGeneration"] == session["metadata"]["generation"];
    let said = serde_json::json!({
        "endedAt": run["endedAt"], "outcome": run["outcome"], "finished": run["finished"],
        "measurements": status["measurements"], "met": met["status"], "why": met["reason"],
    });
    is_current.then(|| (run["hash"].to_string(), said))
}

/// Names of pods of which there is another one for the same client.
fn doubles(pods: &[SessionPod]) -> Vec<&str> {
    let mut clients = BTreeSet::new();
    let live = pods.iter().filter(|pod| pod.is_live() && !pod.is_server());
    live.filter(|pod| !clients.insert((&pod.session_uid, pod.index))).map(|pod| pod.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pods::Phase;

    fn pod(name: &str, index: u32, phase: Phase) -> SessionPod {
        SessionPod {
            name: name.into(),
            uid: format!("{name}-uid"),
            session: "harbor".into(),
            index: Some(index),
            session_uid: Some("5e8d".into()),
            attempt: Some(1),
            phase,
            is_leaving: false,
        }
    }

    #[test]
    fn two_pods_of_a_client_are_seen() {
        let (first, second) = (pod("a", 0, Phase::Ready), pod("b", 1, Phase::Ready));
        let (failed, double) = (pod("c", 1, Phase::Failed), pod("d", 1, Phase::Pending));
        assert!(doubles(&[first.clone(), second.clone(), failed]).is_empty());
        assert_eq!(doubles(&[first, second, double]), ["d"]);
    }

    #[test]
    #[should_panic(expected = "something else than before")]
    fn what_is_said_of_a_run_stays() {
        let session = |matched: u32| {
            json!({"metadata": {"uid": "5e8d", "generation": 2}, "status": {
                "observedGeneration": 2, "run": {"hash": "a1"}, "measurements": {"frames": {"matched": matched}},
                "conditions": [{"type": "Complete", "status": "True"},
                               {"type": "ObjectivesMet", "status": "True", "reason": "Met"}]
            }})
        };
        let mut seen = Seen::default();
        seen.observe(&[session(3)], &[]);
        seen.observe(&[session(3)], &[]);
        assert_eq!(seen.runs(), 1);
        seen.observe(&[session(4)], &[]);
    }
}
