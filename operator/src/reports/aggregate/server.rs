//! The reports of a session's servers, of which the newest process counts.

use std::time::{Duration, Instant};

use report::ErrorEntry;
use report::judged::{JudgedClient, Media};
use report::post::ServerPost;
use report::way::Way;

use crate::report_source::ServerView;
use crate::reports::aggregate::order::{Past, Position};
use crate::reports::aggregate::pod_facts::PodFacts;
use crate::reports::aggregate::state_change;
use crate::reports::aggregate::stored_process::StoredProcess;
use crate::reports::status::judged_clients;
use crate::reports::stores::PodKey;

/// The server of a session.
pub(super) struct Server {
    newest: Option<ServerReport>,
    /// Processes that another one took over from.
    past: Past,
    /// The process that status showed before this operator followed the session.
    stored: Option<StoredProcess>,
    restarts: i32,
}

/// The newest report of the newest process.
pub(super) struct ServerReport {
    pub(super) pod: PodFacts,
    /// Its pod does not exist any more.
    is_gone: bool,
    pub(super) received: Instant,
    pub(super) post: ServerPost,
    /// What is judged of the clients.
    pub(super) clients: Vec<JudgedClient>,
    position: Position,
}

/// What a report that was taken brings.
pub(super) struct ServerEffect {
    /// More than its numbers is new.
    pub(super) is_state_change: bool,
    /// Errors of the process before, where it is over.
    pub(super) past_errors: Vec<ErrorEntry>,
}

impl Server {
    /// One that goes on from what is stored.
    pub(super) fn new(stored: Option<StoredProcess>, restarts: i32) -> Self {
        Self { newest: None, past: Past::default(), stored, restarts }
    }

    /// Takes a report, `followed_for` so long after the session was followed first; `None` where an older report than the
    /// newest came.
    pub(super) fn take(
        &mut self,
        pod: PodFacts,
        post: ServerPost,
        now: Instant,
        followed_for: Duration,
    ) -> Option<ServerEffect> {
        let position = Position::of_server(&post);
        let is_new_process = match &self.newest {
            Some(newest) if !newest.is_followed_by(&pod, &position, &self.past) => return None,
            Some(newest) => !newest.position.is_same_process(&position),
            None => match &self.stored {
                Some(stored) if stored.is_after(&post, followed_for) => return None,
                Some(stored) => !stored.is_of(&post),
                None => false,
            },
        };
        let before = self.newest.take();
        if let Some(before) = before.as_ref().filter(|_| is_new_process) {
            self.past.remember(&before.position);
        }
        let is_state_change = is_new_process
            || before
                .as_ref()
                .is_none_or(|before| before.is_gone || state_change::is_server_changed(&before.post, &post));
        let clients = judged_clients(&post);
        self.newest = Some(ServerReport { pod, is_gone: false, received: now, post, clients, position });
        let mut past_errors = Vec::new();
        if is_new_process {
            self.restarts = self.restarts.saturating_add(1);
            past_errors = before.map(|before| before.post.summary.errors).unwrap_or_default();
        }
        Some(ServerEffect { is_state_change, past_errors })
    }

    /// The newest report, whether its pod still exists or not.
    pub(super) fn newest(&self) -> Option<&ServerReport> {
        self.newest.as_ref()
    }

    /// How often another process took over in this run.
    pub(super) fn restarts(&self) -> i32 {
        self.restarts
    }

    /// The errors of the newest process.
    pub(super) fn errors(&self) -> &[ErrorEntry] {
        self.newest.as_ref().map_or(&[], |newest| &newest.post.summary.errors)
    }

    /// Takes note where the pod does not exist any more. Whether that is new.
    pub(super) fn forget_pod(&mut self, exists: impl Fn(&PodKey) -> bool) -> bool {
        let Some(newest) = self.newest.as_mut().filter(|newest| !newest.is_gone) else { return false };
        newest.is_gone = !exists(&newest.pod.key);
        newest.is_gone
    }

    /// What the controller may know; nothing of a pod that does not exist any more.
    pub(super) fn view(&self) -> Option<ServerView> {
        let server = self.newest.as_ref().filter(|newest| !newest.is_gone)?;
        Some(ServerView {
            received: server.received,
            connected_clients: server.post.connected_clients,
            clients_without_media: server.post.clients_without_media,
            rows: server.post.summary.clients.clone(),
            errors: server.post.summary.errors.clone(),
            pod: server.pod.key.name.clone(),
            ways: server.clients.iter().filter(|client| has_had_media(client)).map(way).collect(),
        })
    }
}

/// Whether its media flows and did so when the window ended: by then it is known which way it takes.
fn has_had_media(client: &JudgedClient) -> bool {
    client.media == Media::Flowing && client.numbers.settled > 0
}

fn way(client: &JudgedClient) -> (String, Option<Way>) {
    (client.id.clone(), client.way)
}

impl ServerReport {
    /// Whether the post at `position` is of a newer pod, or of the same one and later.
    fn is_followed_by(&self, pod: &PodFacts, position: &Position, past: &Past) -> bool {
        if self.pod.key.uid == pod.key.uid {
            return position.follows(&self.position, past);
        }
        if past.contains(position) {
            return false;
        }
        // Pods that were created within the same second are ordered by their own clocks where nothing else distinguishes
        // their processes.
        let is_later = position.is_named() || self.position.started_at() < position.started_at();
        self.is_gone || self.pod.created < pod.created || (self.pod.created == pod.created && is_later)
    }
}
