//! The reports of a session's clients.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use report::ErrorEntry;
use report::post::ClientPost;

use crate::report_source::ClientView;
use crate::reports::aggregate::earlier_errors::EarlierErrors;
use crate::reports::aggregate::order::{Past, Position};
use crate::reports::aggregate::pod_facts::PodFacts;
use crate::reports::aggregate::state_change;
use crate::reports::stores::PodKey;

/// Client pods of a session that are remembered: more than it can have at a time.
const MAX_PODS: usize = 256;

/// Without a decoded frame for so long, a client says so.
const WITHOUT_MEDIA_SECONDS: f64 = 3.0;
/// For so long it is believed that it has none, unless it says otherwise: a client posts once a minute, give or take a
/// fifth.
const VALID_FOR: Duration = Duration::from_secs(75);

/// The newest report of each client.
#[derive(Default)]
pub(super) struct Clients {
    /// By the UIDs of their pods.
    newest: HashMap<String, ClientReport>,
    earlier: EarlierErrors,
}

struct ClientReport {
    pod: PodFacts,
    received: Instant,
    /// With the errors of this run alone.
    post: ClientPost,
    /// All that it reported.
    reported: Vec<ErrorEntry>,
    position: Position,
    past: Past,
}

/// A client that says that it has no media.
#[derive(Debug, Clone)]
pub(super) struct WithoutMedia<'a> {
    /// Its pod.
    pub(super) pod: &'a PodFacts,
    /// For how long, by now.
    pub(super) seconds: f64,
}

/// What a report that was taken brings.
pub(super) struct ClientEffect {
    /// More than its numbers is new.
    pub(super) is_state_change: bool,
    /// Errors of the process before, where it is over.
    pub(super) past_errors: Vec<ErrorEntry>,
}

impl Clients {
    /// Those of the next run, after what was reported in the one before.
    pub(super) fn of_next_run(self) -> Self {
        let Self { newest, mut earlier } = self;
        for ClientReport { pod, position, reported, .. } in newest.into_values() {
            earlier.remember(pod.key, position, reported);
        }
        Self { newest: HashMap::new(), earlier }
    }

    /// Takes a report; `None` where an older one than the newest came, or of a pod too many.
    pub(super) fn take(&mut self, pod: PodFacts, mut post: ClientPost, now: Instant) -> Option<ClientEffect> {
        let mut effect = ClientEffect { is_state_change: true, past_errors: Vec::new() };
        let (position, mut past) = (Position::of_client(&post), Past::default());
        if let Some(newest) = self.newest.get(&pod.key.uid) {
            if !position.follows(&newest.position, &newest.past) {
                return None;
            }
        } else if self.newest.len() >= MAX_PODS {
            return None;
        }
        let errors = self.earlier.without(&pod.key.uid, &position, &post.errors);
        let reported = std::mem::replace(&mut post.errors, errors);
        if let Some(newest) = self.newest.remove(&pod.key.uid) {
            effect.is_state_change = state_change::is_client_changed(&newest.post, &post);
            past = newest.past;
            if !position.is_same_process(&newest.position) {
                effect.is_state_change = true;
                effect.past_errors = newest.post.errors;
                past.remember(&newest.position);
            }
        }
        let uid = pod.key.uid.clone();
        self.newest.insert(uid, ClientReport { pod, received: now, post, reported, position, past });
        Some(effect)
    }

    /// The client that says that it has no media; of several the one that has had none for the longest.
    pub(super) fn without_media(&self, now: Instant) -> Option<WithoutMedia<'_>> {
        let without = self.newest.values().filter_map(|client| {
            let age = now.saturating_duration_since(client.received);
            let said = client.post.without_media_seconds.filter(|said| *said >= WITHOUT_MEDIA_SECONDS)?;
            (age < VALID_FOR).then_some(WithoutMedia { pod: &client.pod, seconds: said + age.as_secs_f64() })
        });
        without.max_by(|one, other| one.seconds.total_cmp(&other.seconds))
    }

    /// The nodes of the clients, by index.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (u32, &str)> {
        self.newest.values().filter_map(|client| Some((client.pod.index?, client.pod.node.as_deref()?)))
    }

    /// Whether none has reported.
    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    /// The errors of each client.
    pub(super) fn errors(&self) -> impl Iterator<Item = &[ErrorEntry]> {
        self.newest.values().map(|client| client.post.errors.as_slice())
    }

    /// Forgets the pods that do not exist any more: their errors, by pod.
    pub(super) fn forget_pods(&mut self, exists: impl Fn(&PodKey) -> bool) -> Vec<Vec<ErrorEntry>> {
        let gone: Vec<_> = self.newest.extract_if(|_, client| !exists(&client.pod.key)).collect();
        // Of these, some have not reported in this run.
        self.earlier.retain(exists);
        gone.into_iter().map(|(_, client)| client.post.errors).collect()
    }

    #[cfg(test)]
    pub(super) fn pods(&self) -> usize {
        self.newest.len() + self.earlier.len()
    }

    /// What the controller may know, by the pods' names.
    pub(super) fn view(&self) -> BTreeMap<String, ClientView> {
        let view = |client: &ClientReport| {
            let (state, errors) = (client.post.state, client.post.errors.clone());
            let is_without_media = client.post.without_media_seconds.is_some();
            let view = ClientView { received: client.received, state, is_without_media, errors };
            (client.pod.key.name.clone(), view)
        };
        self.newest.values().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::testing::{client_post, pod_key};

    fn pod(name: &str) -> PodFacts {
        PodFacts { key: pod_key(name), created: None, node: None, index: None, run: None, is_ending: false }
    }

    /// Of those that went before they reported in the next run, the errors of the one before were kept for ever.
    #[test]
    fn nothing_is_kept_of_pods_that_are_gone_however_many_runs_there_are() {
        let (mut clients, now) = (Clients::default(), Instant::now());
        for run in 0..1000 {
            let name = format!("client-{run}");
            clients.take(pod(&name), client_post(1), now).unwrap();
            clients = clients.of_next_run();
            clients.forget_pods(|pod| pod.name == name);
            assert_eq!(clients.pods(), 1, "after run {run}");
        }
        clients.forget_pods(|_| false);
        assert_eq!(clients.pods(), 0);
    }
}
