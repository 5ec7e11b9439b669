//! One session: the last reports of its pods, and what they make of its status.

use std::collections::HashMap;
use std::time::Instant;

use crds::BallSessionStatus;
use jiff::Timestamp;
use report::post::{ClientPost, ServerPost};

use crate::controller::report_source::{ClientView, ServerView, View};
use crate::reports::aggregate::run_end::RunEnd;
use crate::reports::aggregate::stored_process::StoredProcess;
use crate::reports::aggregate::{StoredSession, state_change, stored_process};
use crate::reports::status::{ErrorTotals, Hysteresis, ObjectivesVerdict, Span};
use crate::reports::stores::{PodKey, SessionKey};

/// Client pods of a session that are remembered: more than it can have at a time.
const MAX_CLIENT_PODS: usize = 256;

/// What is known of a pod beside its report.
#[derive(Debug, Clone)]
pub(in crate::reports) struct PodFacts {
    pub(in crate::reports) key: PodKey,
    /// By the API server's clock, so that a server and its successor can be told apart on any node.
    pub(in crate::reports) created: Option<Timestamp>,
    pub(in crate::reports) node: Option<String>,
    /// The run that it was made for.
    pub(in crate::reports) run: Option<String>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum PostEffect {
    /// An older one, one of another run, or one that comes when the run is over.
    Ignored,
    /// Its numbers are new.
    NumbersChanged,
    /// More than its numbers is new.
    StateChanged,
}

/// What is known of a session.
pub(in crate::reports) struct Tracked {
    key: SessionKey,
    /// Followed since.
    pub(super) since: Instant,
    pub(super) run: Option<String>,
    pub(super) server: Option<ServerReport>,
    /// By the UIDs of their pods.
    pub(super) clients: HashMap<String, ClientReport>,
    /// Errors of processes that are gone.
    pub(super) past: ErrorTotals,
    /// Errors that status showed before this process followed the session.
    pub(super) shown: ErrorTotals,
    /// The server process that status showed before.
    resumed: Option<StoredProcess>,
    pub(super) server_restarts: i32,
    pub(super) hysteresis: Hysteresis,
    /// Status holds no numbers but those of this run.
    pub(super) is_cleared: bool,
    /// The silence of the server was noticed.
    pub(super) is_unresponsiveness_known: bool,
    /// Its silence up to then is not the server's own.
    pub(super) grace_until: Option<Instant>,
    pub(super) ending: Option<RunEnd>,
}

/// The newest report of the newest server.
pub(super) struct ServerReport {
    pub(super) pod: PodFacts,
    /// Its pod is not there any more.
    is_gone: bool,
    pub(super) received: Instant,
    pub(super) post: ServerPost,
}

/// The newest report of a client.
pub(super) struct ClientReport {
    pod: PodKey,
    received: Instant,
    pub(super) post: ClientPost,
}

impl Tracked {
    pub(super) fn new(key: SessionKey, session: &StoredSession<'_>, now: Instant) -> Self {
        // After a restart of the operator, what it wrote before is where it goes on.
        let stored = if session.has_run() { session.owned() } else { BallSessionStatus::default() };
        Self {
            key,
            since: now,
            run: session.run().map(str::to_owned),
            server: None,
            clients: HashMap::new(),
            past: ErrorTotals::default(),
            shown: ErrorTotals::stored(&stored.errors),
            server_restarts: stored.server_restarts.unwrap_or(0),
            hysteresis: stored_process::verdict(&stored).map(Hysteresis::with).unwrap_or_default(),
            resumed: StoredProcess::of(stored),
            is_cleared: false,
            is_unresponsiveness_known: false,
            grace_until: None,
            ending: None,
        }
    }

    pub(in crate::reports) fn key(&self) -> &SessionKey {
        &self.key
    }

    /// The hash of the run that the reports are of.
    pub(in crate::reports) fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Begins anew where the session asks for another run.
    pub(super) fn follow(&mut self, session: &StoredSession<'_>, now: Instant) {
        // A spec that makes no sense is no run; whatever ran before goes on.
        if session.run().is_some() && self.run.as_deref() != session.run() {
            *self = Self::new(self.key.clone(), session, now);
        }
        self.is_cleared |= session.has_run() || !session.has_numbers();
    }

    /// Takes the report of a server's pod.
    pub(in crate::reports) fn server(
        &mut self,
        pod: PodFacts,
        post: ServerPost,
        session: &StoredSession<'_>,
        now: Instant,
    ) -> PostEffect {
        let Ok(valid) = session.session() else { return PostEffect::Ignored };
        if self.is_over(session) || pod.run.as_deref() != Some(&valid.run_hash) {
            return PostEffect::Ignored;
        }
        let is_new_process = match &self.server {
            Some(last) if !last.is_older_than(&pod, &post) => return PostEffect::Ignored,
            Some(last) => last.post.summary.started_at != post.summary.started_at,
            None => match &self.resumed {
                Some(stored) if stored.is_after(&post, now.saturating_duration_since(self.since)) => {
                    return PostEffect::Ignored;
                }
                Some(stored) => !stored.is_of(&post),
                None => false,
            },
        };
        // After a silence the condition is Unknown: the next verdict is a first one again.
        let was_unresponsive = self.is_unresponsive(now);
        if was_unresponsive {
            self.hysteresis = Hysteresis::default();
        }
        let last = self.server.take();
        if is_new_process {
            self.server_restarts = self.server_restarts.saturating_add(1);
            self.past.add(last.as_ref().map_or(&[][..], |last| &last.post.summary.errors));
        }
        self.hysteresis.observe(ObjectivesVerdict::of(
            &post,
            Span::Recent,
            &valid.objectives,
            pod.node.as_deref(),
        ));
        let is_state_change = is_new_process
            || was_unresponsive
            || last.is_none_or(|last| last.is_gone || state_change::of_server(&last.post, &post));
        self.server = Some(ServerReport { pod, is_gone: false, received: now, post });
        self.is_unresponsiveness_known = false;
        if is_state_change { PostEffect::StateChanged } else { PostEffect::NumbersChanged }
    }

    /// Takes the report of a client's pod.
    pub(in crate::reports) fn client(
        &mut self,
        pod: PodFacts,
        post: ClientPost,
        session: &StoredSession<'_>,
        now: Instant,
    ) -> PostEffect {
        let is_of_another_run = pod.run.is_some() && pod.run.as_deref() != session.run();
        if self.is_over(session) || is_of_another_run {
            return PostEffect::Ignored;
        }
        let mut is_state_change = true;
        if let Some(last) = self.clients.get(&pod.key.uid) {
            if (post.started_at, post.sequence) <= (last.post.started_at, last.post.sequence) {
                return PostEffect::Ignored;
            }
            if last.post.started_at != post.started_at {
                self.past.add(&last.post.errors);
            }
            is_state_change = state_change::of_client(&last.post, &post);
        } else if self.clients.len() >= MAX_CLIENT_PODS {
            return PostEffect::Ignored;
        }
        self.clients.insert(pod.key.uid.clone(), ClientReport { pod: pod.key, received: now, post });
        if is_state_change { PostEffect::StateChanged } else { PostEffect::NumbersChanged }
    }

    /// Forgets the pods that are not there any more. What they said stays as long as nobody else said it anew. Whether
    /// there were any.
    pub(in crate::reports) fn forget_pods(&mut self, is_there: impl Fn(&PodKey) -> bool) -> bool {
        let mut is_state_change = false;
        if let Some(server) = self.server.as_mut().filter(|server| !server.is_gone) {
            server.is_gone = !is_there(&server.pod.key);
            is_state_change = server.is_gone;
        }
        let past = &mut self.past;
        self.clients.retain(|_, client| {
            let stays = is_there(&client.pod);
            if !stays {
                past.add(&client.post.errors);
                is_state_change = true;
            }
            stays
        });
        is_state_change
    }

    /// What the controller may know.
    pub(in crate::reports) fn view(&self) -> View {
        let server = self.server.as_ref().filter(|server| !server.is_gone).map(|server| ServerView {
            received: server.received,
            connected_clients: server.post.connected_clients,
            clients_without_media: server.post.clients_without_media,
            rows: server.post.summary.clients.clone(),
            errors: server.post.summary.errors.clone(),
        });
        let client = |client: &ClientReport| {
            let (state, errors) = (client.post.state, client.post.errors.clone());
            (client.pod.name.clone(), ClientView { received: client.received, state, errors })
        };
        let clients = self.clients.values().map(client).collect();
        View { server, clients, excused_until: self.grace_until }
    }

    /// When the server's last report came, whether its pod is still there or not.
    pub(in crate::reports) fn last_report(&self) -> Option<Instant> {
        self.server.as_ref().map(|server| server.received)
    }

    /// Whether status is free of the numbers of other runs.
    pub(in crate::reports) fn is_cleared(&self) -> bool {
        self.is_cleared
    }

    /// Whether reports come too late to count.
    pub(super) fn is_over(&self, session: &StoredSession<'_>) -> bool {
        session.is_finished() || self.is_ended()
    }
}

impl ServerReport {
    /// Whether `post` is of a newer pod, or of the same one and later.
    fn is_older_than(&self, pod: &PodFacts, post: &ServerPost) -> bool {
        if self.pod.key.uid == pod.key.uid {
            return (self.post.started_at, self.post.sequence) < (post.started_at, post.sequence);
        }
        // Pods that were created within the same second are told apart by their own clocks.
        self.is_gone || (self.pod.created, self.post.started_at) < (pod.created, post.started_at)
    }
}
