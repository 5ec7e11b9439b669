//! One session: the last reports of its pods, and what they make of its status.

use std::collections::HashMap;
use std::time::Instant;

use crds::BallSessionStatus;
use jiff::Timestamp;
use report::post::{ClientPost, ServerPost};

use crate::report_source::{ClientView, ServerView, View};
use crate::reports::aggregate::ending::Ending;
use crate::reports::aggregate::stored::StoredProcess;
use crate::reports::aggregate::{Subject, news, stored};
use crate::reports::status::{ErrorTotals, Judge, Opinion, Span};
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
pub(in crate::reports) enum Heard {
    /// An older one, one of another run, or one that comes when the run is over.
    Ignored,
    /// Its numbers are new.
    Numbers,
    /// More than its numbers is new.
    News,
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
    pub(super) judge: Judge,
    /// Status holds no numbers but those of this run.
    pub(super) is_cleared: bool,
    /// The silence of the server was noticed.
    pub(super) is_silence_known: bool,
    /// Its silence up to then is not the server's own.
    pub(super) excused_until: Option<Instant>,
    pub(super) ending: Option<Ending>,
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
    pub(super) fn new(key: SessionKey, subject: &Subject<'_>, now: Instant) -> Self {
        // After a restart of the operator, what it wrote before is where it goes on.
        let stored = if subject.has_run() { subject.owned() } else { BallSessionStatus::default() };
        Self {
            key,
            since: now,
            run: subject.run().map(str::to_owned),
            server: None,
            clients: HashMap::new(),
            past: ErrorTotals::default(),
            shown: ErrorTotals::stored(&stored.errors),
            server_restarts: stored.server_restarts.unwrap_or(0),
            judge: stored::verdict(&stored).map(Judge::with).unwrap_or_default(),
            resumed: StoredProcess::of(stored),
            is_cleared: false,
            is_silence_known: false,
            excused_until: None,
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
    pub(super) fn follow(&mut self, subject: &Subject<'_>, now: Instant) {
        // A spec that makes no sense is no run; whatever ran before goes on.
        if subject.run().is_some() && self.run.as_deref() != subject.run() {
            *self = Self::new(self.key.clone(), subject, now);
        }
        self.is_cleared |= subject.has_run() || !subject.has_numbers();
    }

    /// Takes the report of a server's pod.
    pub(in crate::reports) fn server(
        &mut self,
        pod: PodFacts,
        post: ServerPost,
        subject: &Subject<'_>,
        now: Instant,
    ) -> Heard {
        let Ok(session) = subject.session() else { return Heard::Ignored };
        if self.is_over(subject) || pod.run.as_deref() != Some(&session.run_hash) {
            return Heard::Ignored;
        }
        let is_new_process = match &self.server {
            Some(last) if !last.is_older_than(&pod, &post) => return Heard::Ignored,
            Some(last) => last.post.summary.started_at != post.summary.started_at,
            None => match &self.resumed {
                Some(stored) if stored.is_after(&post, now.saturating_duration_since(self.since)) => {
                    return Heard::Ignored;
                }
                Some(stored) => !stored.is_of(&post),
                None => false,
            },
        };
        // After a silence the condition is Unknown: the next verdict is a first one again.
        let was_silent = self.is_silent(now);
        if was_silent {
            self.judge = Judge::default();
        }
        let last = self.server.take();
        if is_new_process {
            self.server_restarts = self.server_restarts.saturating_add(1);
            self.past.add(last.as_ref().map_or(&[][..], |last| &last.post.summary.errors));
        }
        self.judge.hear(Opinion::of(&post, Span::Recent, &session.objectives, pod.node.as_deref()));
        let is_news = is_new_process
            || was_silent
            || last.is_none_or(|last| last.is_gone || news::of_server(&last.post, &post));
        self.server = Some(ServerReport { pod, is_gone: false, received: now, post });
        self.is_silence_known = false;
        if is_news { Heard::News } else { Heard::Numbers }
    }

    /// Takes the report of a client's pod.
    pub(in crate::reports) fn client(
        &mut self,
        pod: PodFacts,
        post: ClientPost,
        subject: &Subject<'_>,
        now: Instant,
    ) -> Heard {
        let is_of_another_run = pod.run.is_some() && pod.run.as_deref() != subject.run();
        if self.is_over(subject) || is_of_another_run {
            return Heard::Ignored;
        }
        let mut is_news = true;
        if let Some(last) = self.clients.get(&pod.key.uid) {
            if (post.started_at, post.sequence) <= (last.post.started_at, last.post.sequence) {
                return Heard::Ignored;
            }
            if last.post.started_at != post.started_at {
                self.past.add(&last.post.errors);
            }
            is_news = news::of_client(&last.post, &post);
        } else if self.clients.len() >= MAX_CLIENT_PODS {
            return Heard::Ignored;
        }
        self.clients.insert(pod.key.uid.clone(), ClientReport { pod: pod.key, received: now, post });
        if is_news { Heard::News } else { Heard::Numbers }
    }

    /// Forgets the pods that are not there any more. What they said stays as long as nobody else said it anew. Whether
    /// there were any.
    pub(in crate::reports) fn forget_pods(&mut self, is_there: impl Fn(&PodKey) -> bool) -> bool {
        let mut is_news = false;
        if let Some(server) = self.server.as_mut().filter(|server| !server.is_gone) {
            server.is_gone = !is_there(&server.pod.key);
            is_news = server.is_gone;
        }
        let past = &mut self.past;
        self.clients.retain(|_, client| {
            let stays = is_there(&client.pod);
            if !stays {
                past.add(&client.post.errors);
                is_news = true;
            }
            stays
        });
        is_news
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
        View { server, clients, excused_until: self.excused_until }
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
    pub(super) fn is_over(&self, subject: &Subject<'_>) -> bool {
        subject.is_finished() || self.is_ended()
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
