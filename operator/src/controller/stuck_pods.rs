//! Why a pod does not start, where its status does not say: the kubelet, and what attaches volumes, say it in events alone, such
//! as `FailedCreatePodSandBox` and `FailedMount`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::Client;
use kube::api::{Api, ListParams};

use crate::controller::list_within::list_within;

/// After one list of a pod's events the next may be read.
const PAUSE: Duration = Duration::from_secs(30);

/// Pods of a session whose events are read at a time: what keeps one from starting is mostly what keeps all.
const PODS: usize = 2;

/// Events of a pod that are read at most: there is one for each message.
const MOST: u32 = 50;

/// How old an event may be to say something about now: the kubelet tries again within five minutes.
const RECENT: Duration = Duration::from_secs(360);

/// What the events of pods said when they were read last, by the pod's UID.
#[derive(Debug, Default)]
pub(super) struct PodEvents(BTreeMap<String, (Instant, Option<String>)>);

impl PodEvents {
    /// Those of the pods that are stuck whose events are to be read now; of all others nothing is kept.
    pub(super) fn due(&mut self, stuck: &[String], now: Instant) -> Vec<String> {
        self.0.retain(|uid, _| stuck.contains(uid));
        let is_due = |uid: &&String| {
            let read = self.0.get(*uid).map(|(at, _)| now.saturating_duration_since(*at));
            read.is_none_or(|age| age >= PAUSE)
        };
        stuck.iter().take(PODS).filter(is_due).cloned().collect()
    }

    /// What the events of a pod said at `now`.
    pub(super) fn read(&mut self, uid: String, said: Option<String>, now: Instant) {
        self.0.insert(uid, (now, said));
    }

    /// What is known, by the pod's UID.
    pub(super) fn said(&self) -> BTreeMap<String, String> {
        let said = self.0.iter().filter_map(|(uid, (_, said))| Some((uid.clone(), said.clone()?)));
        said.collect()
    }
}

/// The last warning about a pod, with its reason. One that cannot be read is none: it decides nothing but a message.
pub(super) async fn last_warning(
    client: &Client,
    namespace: &str,
    uid: &str,
    time: Timestamp,
) -> Option<String> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let selector = format!("involvedObject.uid={uid},type=Warning");
    let params = ListParams::default().fields(&selector).limit(MOST);
    latest(&list_within(&events, &params).await?.items, time.checked_sub(RECENT).ok())
}

fn latest(events: &[Event], since: Option<Timestamp>) -> Option<String> {
    let seen = |event: &Event| {
        let last = event.last_timestamp.as_ref().map(|time| time.0);
        last.or(event.event_time.as_ref().map(|time| time.0))
    };
    // What probes have to say is about a container that runs.
    let is_about_start =
        |event: &&Event| event.reason.as_deref() != Some("Unhealthy") && seen(event) >= since;
    let last = events.iter().filter(is_about_start).max_by_key(|event| seen(event))?;
    let (reason, message) = (last.reason.as_deref(), last.message.as_deref());
    Some(format!("{}: {}", reason.unwrap_or("Warning"), message.unwrap_or("no more is known")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_of_few_stuck_pods_are_read_once_in_a_while() {
        let (mut events, now) = (PodEvents::default(), Instant::now());
        let at = |second| now + Duration::from_secs(second);
        let stuck: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        assert_eq!(events.due(&stuck, at(0)), ["a", "b"]);
        events.read("a".into(), Some("FailedMount: no such volume".into()), at(0));
        events.read("b".into(), None, at(0));
        assert_eq!(events.due(&stuck, at(29)), Vec::<String>::new());
        assert_eq!(events.due(&stuck, at(30)), ["a", "b"]);
        assert_eq!(events.said(), [("a".to_owned(), "FailedMount: no such volume".to_owned())].into());
        assert_eq!(events.due(&stuck[2..], at(31)), ["c"]);
        assert_eq!(events.said(), BTreeMap::new(), "nothing is kept of pods that have started");
    }

    #[test]
    fn the_last_warning_counts() {
        let event = |at: &str, reason: &str, message: &str| -> Event {
            serde_json::from_value(json!({
                "metadata": {}, "involvedObject": {}, "lastTimestamp": at, "reason": reason, "message": message
            }))
            .unwrap()
        };
        let events = [
            event("2026-01-01T00:00:30Z", "FailedCreatePodSandBox", "plugin is away"),
            event("2026-01-01T00:00:20Z", "FailedMount", "no such volume"),
            event("2026-01-01T00:00:40Z", "Unhealthy", "probe failed"),
        ];
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(
            latest(&events, at("2026-01-01T00:00:10Z")).as_deref(),
            Some("FailedCreatePodSandBox: plugin is away")
        );
        assert_eq!(latest(&events, at("2026-01-01T00:01:00Z")), None);
        assert_eq!(latest(&[], None), None);
    }
}
