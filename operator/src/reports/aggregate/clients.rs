//! The reports of a session's clients.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use report::ErrorEntry;
use report::post::ClientPost;

use crate::report_source::ClientView;
use crate::reports::aggregate::state_change;
use crate::reports::stores::PodKey;

/// Client pods of a session that are remembered: more than it can have at a time.
const MAX_PODS: usize = 256;

/// The newest report of each client.
#[derive(Default)]
pub(super) struct Clients {
    /// By the UIDs of their pods.
    newest: HashMap<String, ClientReport>,
}

struct ClientReport {
    pod: PodKey,
    received: Instant,
    post: ClientPost,
}

/// What a report that was taken brings.
pub(super) struct ClientEffect {
    /// More than its numbers is new.
    pub(super) is_state_change: bool,
    /// Errors of the process before, where it is over.
    pub(super) past_errors: Vec<ErrorEntry>,
}

impl Clients {
    /// Takes a report; `None` where an older one than the newest came, or of a pod too many.
    pub(super) fn take(&mut self, pod: PodKey, post: ClientPost, now: Instant) -> Option<ClientEffect> {
        let mut effect = ClientEffect { is_state_change: true, past_errors: Vec::new() };
        match self.newest.get(&pod.uid) {
            Some(newest) => {
                let newest = &newest.post;
                if (post.started_at, post.sequence) <= (newest.started_at, newest.sequence) {
                    return None;
                }
                effect.is_state_change = state_change::is_client_changed(newest, &post);
                if newest.started_at != post.started_at {
                    effect.past_errors.clone_from(&newest.errors);
                }
            }
            None if self.newest.len() >= MAX_PODS => return None,
            None => {}
        }
        self.newest.insert(pod.uid.clone(), ClientReport { pod, received: now, post });
        Some(effect)
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
        let gone = self.newest.extract_if(|_, client| !exists(&client.pod));
        gone.map(|(_, client)| client.post.errors).collect()
    }

    /// What the controller may know, by the pods' names.
    pub(super) fn view(&self) -> BTreeMap<String, ClientView> {
        let view = |client: &ClientReport| {
            let (state, errors) = (client.post.state, client.post.errors.clone());
            (client.pod.name.clone(), ClientView { received: client.received, state, errors })
        };
        self.newest.values().map(view).collect()
    }
}
