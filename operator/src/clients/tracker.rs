//! What this process knows of a session's client pods beyond what its watches have: what it has just made and deleted, and
//! which attempts it has seen. All of it may be lost: then one live list brings back what matters.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use crate::clients::attempts::Attempts;
use crate::clients::index_runs::is_index;
use crate::clients::pace::Pace;
use crate::clients::pod::ClientPod;

/// How long the watch may take to bring a pod that was created. After that a live list says whether it is there.
const WATCH_LIMIT: Duration = Duration::from_secs(5);

/// What is known of the client pods of one session.
#[derive(Debug, Clone, Default)]
pub struct Tracker {
    /// Whether the pods were listed live since this process leads.
    is_listed: bool,
    /// Pods that exist as far as the API server has said, and that the watch has not brought yet.
    unseen: Vec<(ClientPod, Instant)>,
    /// The UIDs of pods that were told to end.
    deleted: HashSet<String>,
    /// The attempts that this process stored last.
    stored: Option<Attempts>,
    /// By index.
    clients: BTreeMap<u32, Known>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    /// The last attempt of which there was a pod.
    attempt: u32,
    pace: Pace,
}

impl Tracker {
    /// The pods there are, by what the watch has of them and by what is known beyond that.
    pub fn pods(&mut self, watched: Vec<ClientPod>) -> Vec<ClientPod> {
        self.unseen.retain(|(unseen, _)| watched.iter().all(|pod| pod.uid != unseen.uid));
        let all = watched.into_iter().chain(self.unseen.iter().map(|(pod, _)| pod.clone())).collect();
        self.noted(all)
    }

    /// The pods there are, by a live list: from now on the watch is known to lag behind at most so far.
    pub fn listed(&mut self, listed: Vec<ClientPod>, watched: &[ClientPod], now: Instant) -> Vec<ClientPod> {
        self.is_listed = true;
        let is_unseen = |pod: &&ClientPod| watched.iter().all(|known| known.uid != pod.uid);
        self.unseen = listed.iter().filter(is_unseen).map(|pod| (pod.clone(), now)).collect();
        self.noted(listed)
    }

    /// Whether a live list has to come before whatever is to be done: none was made yet, and there `is_something` to do; or
    /// something that was created does not come with the watch.
    pub fn needs_list(&self, is_something: bool, now: Instant) -> bool {
        (is_something && !self.is_listed) || self.unseen_in(now).is_some_and(|left| left.is_zero())
    }

    /// How long until a live list is needed for a pod that does not come with the watch.
    pub(super) fn unseen_in(&self, now: Instant) -> Option<Duration> {
        let first = self.unseen.iter().map(|(_, since)| *since).min()?;
        Some(WATCH_LIMIT.saturating_sub(now.saturating_duration_since(first)))
    }

    /// The API server has this pod: it was created just now, or before.
    pub fn created(&mut self, pod: ClientPod, now: Instant) {
        self.note(&pod);
        self.unseen.retain(|(unseen, _)| unseen.uid != pod.uid);
        self.unseen.push((pod, now));
    }

    /// A pod was told to end, or is gone.
    pub fn deleted(&mut self, uid: &str) {
        self.deleted.insert(uid.to_owned());
    }

    /// The attempts are stored, on top of the version of the status that was read.
    pub fn stored(&mut self, attempts: Attempts) {
        self.stored = Some(attempts);
    }

    /// Whether it was this process that stored these attempts, and nothing else since.
    pub fn has_stored(&self, attempts: &Attempts) -> bool {
        self.stored.as_ref() == Some(attempts)
    }

    /// The last attempt of a client of which there was a pod.
    pub(super) fn seen(&self, index: u32) -> u32 {
        self.clients.get(&index).map_or(0, |known| known.attempt)
    }

    /// When a client is tried again.
    pub(super) fn pace(&mut self, index: u32) -> &mut Pace {
        &mut self.clients.entry(index).or_default().pace
    }

    /// A pod is about to be ended by the operator, because something else is wanted: its client has not failed by that.
    pub(super) fn dismiss(&mut self, pod: &ClientPod) {
        // Said once: what stays on its way out for long must not hide later failures.
        if let Some(index) = pod.index.filter(|index| is_index(*index) && !pod.is_terminating) {
            self.pace(index).ended(pod.attempt);
        }
    }

    fn noted(&mut self, mut pods: Vec<ClientPod>) -> Vec<ClientPod> {
        self.deleted.retain(|uid| pods.iter().any(|pod| pod.uid == *uid));
        for pod in &mut pods {
            pod.is_terminating |= self.deleted.contains(&pod.uid);
            self.note(pod);
        }
        pods
    }

    fn note(&mut self, pod: &ClientPod) {
        if let Some(index) = pod.index.filter(|index| is_index(*index)) {
            let known = self.clients.entry(index).or_default();
            known.attempt = known.attempt.max(pod.attempt);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::tests::pod;

    #[test]
    fn what_was_created_is_there_before_the_watch_brings_it() {
        let (mut tracker, now) = (Tracker::default(), Instant::now());
        assert!(tracker.needs_list(true, now), "of another process there may be anything");
        assert!(!tracker.needs_list(false, now));
        assert_eq!(tracker.listed(vec![pod(0, 3)], &[], now), [pod(0, 3)]);
        assert!(!tracker.needs_list(true, now));
        tracker.created(pod(1, 1), now);
        assert_eq!(tracker.pods(vec![pod(0, 3)]), [pod(0, 3), pod(1, 1)]);
        assert_eq!(tracker.pods(vec![pod(0, 3), pod(1, 1)]), [pod(0, 3), pod(1, 1)]);
        assert_eq!(tracker.pods(vec![pod(0, 3)]), [pod(0, 3)], "seen, and gone");
        assert_eq!((tracker.seen(0), tracker.seen(1), tracker.seen(2)), (3, 1, 0));
    }

    #[test]
    fn what_never_comes_with_the_watch_is_asked_for() {
        let (mut tracker, now) = (Tracker::default(), Instant::now());
        tracker.listed(Vec::new(), &[], now);
        tracker.created(pod(0, 1), now);
        assert!(!tracker.needs_list(true, now + Duration::from_secs(4)));
        let late = now + WATCH_LIMIT;
        assert!(tracker.needs_list(false, late));
        assert_eq!(tracker.listed(Vec::new(), &[], late), []);
        assert_eq!((tracker.pods(Vec::new()), tracker.seen(0)), (Vec::new(), 1));
    }

    #[test]
    fn what_was_deleted_is_on_its_way_out_before_the_watch_says_so() {
        let (mut tracker, now) = (Tracker::default(), Instant::now());
        tracker.listed(vec![pod(0, 1)], &[pod(0, 1)], now);
        tracker.deleted(&pod(0, 1).uid);
        assert!(tracker.pods(vec![pod(0, 1)])[0].is_terminating);
        assert_eq!(tracker.pods(Vec::new()), []);
        assert!(tracker.deleted.is_empty(), "nothing is kept of what is gone");
    }
}
