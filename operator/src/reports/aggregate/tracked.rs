//! One session: what its pods have reported, from the first report of its run on.

use std::time::Instant;

use crds::BallSessionStatus;
use report::post::{Answer, ClientPost, ServerPost};

use crate::report_source::{Expectation, View};
use crate::reports::aggregate::clients::Clients;
use crate::reports::aggregate::conclusion::{Conclusion, LastNumbers};
use crate::reports::aggregate::expected::Expected;
use crate::reports::aggregate::judging::{self, Evidence, Judging, Occasion};
use crate::reports::aggregate::pod_facts::PodFacts;
use crate::reports::aggregate::responsiveness::Responsiveness;
use crate::reports::aggregate::server::Server;
use crate::reports::aggregate::stored_process::StoredProcess;
use crate::reports::aggregate::stored_session::StoredSession;
use crate::reports::status::{ErrorTotals, ObjectivesVerdict};
use crate::reports::stores::{PodKey, SessionKey};
use crate::run::End;

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum PostEffect {
    /// None: an older one, one of another run, or one that comes when the run is over.
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
    since: Instant,
    run: Option<String>,
    pub(super) server: Server,
    pub(super) clients: Clients,
    pub(super) responsiveness: Responsiveness,
    pub(super) judging: Judging,
    /// As the controller said last.
    expected: Option<Expected>,
    /// When the server was answered for the first time that nobody is wanted any more.
    dismissed: Option<Instant>,
    /// Errors of processes that are gone.
    past_errors: ErrorTotals,
    /// Errors that status showed before this operator followed the session.
    stored_errors: ErrorTotals,
    /// Status holds no numbers but those of this run.
    is_cleared: bool,
    /// Of a run that is over.
    conclusion: Option<Conclusion>,
}

impl Tracked {
    pub(super) fn new(key: SessionKey, session: &StoredSession<'_>, now: Instant) -> Self {
        // After a restart of the operator, what it wrote before is where it goes on.
        let stored = if session.has_run() { session.owned() } else { BallSessionStatus::default() };
        Self {
            key,
            since: now,
            run: session.run().map(str::to_owned),
            clients: Clients::default(),
            responsiveness: Responsiveness::new(now),
            judging: Judging::resume(&stored, now),
            expected: None,
            dismissed: None,
            past_errors: ErrorTotals::default(),
            stored_errors: ErrorTotals::stored(&stored.errors),
            is_cleared: false,
            conclusion: None,
            server: {
                let restarts = stored.server_restarts.unwrap_or(0);
                Server::new(StoredProcess::of(stored), restarts)
            },
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
        // An invalid spec is no run; whatever ran before goes on.
        if session.run().is_some() && self.run.as_deref() != session.run() {
            let clients = std::mem::take(&mut self.clients).of_next_run();
            *self = Self { clients, ..Self::new(self.key.clone(), session, now) };
        }
        self.is_cleared |= session.has_run() || !session.has_numbers();
    }

    /// Takes the report of a server's pod.
    pub(in crate::reports) fn take_server(
        &mut self,
        pod: PodFacts,
        post: ServerPost,
        session: &StoredSession<'_>,
        now: Instant,
    ) -> PostEffect {
        let Ok(valid) = session.validated() else { return PostEffect::Ignored };
        if self.is_over(session) || pod.run.as_deref() != Some(&valid.run_hash) {
            return PostEffect::Ignored;
        }
        let followed_for = now.saturating_duration_since(self.since);
        let Some(effect) = self.server.take(pod, post, now, followed_for) else { return PostEffect::Ignored };
        self.past_errors.add(&effect.past_errors);
        let was_unresponsive = self.responsiveness.is_unresponsive(now);
        self.responsiveness.reported(now);
        let is_verdict_changed = self.judge_as(Occasion::ServerPost, session, now);
        PostEffect::of(effect.is_state_change || was_unresponsive || is_verdict_changed)
    }

    /// Takes the report of a client's pod.
    pub(in crate::reports) fn take_client(
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
        let Some(effect) = self.clients.take(pod, post, now) else { return PostEffect::Ignored };
        self.past_errors.add(&effect.past_errors);
        let is_verdict_changed = self.judge(session, now);
        PostEffect::of(effect.is_state_change || is_verdict_changed)
    }

    /// Takes note of what the controller expects of the session.
    pub(in crate::reports) fn expect(&mut self, expectation: Expectation, now: Instant) {
        self.expected = Some(Expected::after(self.expected.as_ref(), expectation, now));
    }

    /// What is answered to a post of the server; `None` before the controller has said what it expects.
    pub(in crate::reports) fn answer(&mut self, session: &StoredSession<'_>, now: Instant) -> Option<Answer> {
        let valid = session.validated().ok()?;
        let answer = self.expected.as_ref()?.answer(valid);
        self.dismissed = self.dismissed.or(Some(now)).filter(|_| answer.wanted.is_empty());
        Some(answer)
    }

    /// Judges what is known, for any reason but a post of the server. Whether more than numbers of what is said has
    /// changed.
    pub(in crate::reports) fn judge(&mut self, session: &StoredSession<'_>, now: Instant) -> bool {
        self.judge_as(Occasion::Other, session, now)
    }

    /// When it has to be judged again, if nothing is posted before.
    pub(in crate::reports) fn judge_at(&self, now: Instant) -> Option<Instant> {
        judging::believed_at(self.evidence(), now)
    }

    fn judge_as(&mut self, occasion: Occasion, session: &StoredSession<'_>, now: Instant) -> bool {
        let Ok(valid) = session.validated() else { return false };
        let Self { server, clients, expected, judging, .. } = self;
        let evidence = Evidence { server, clients, expected: expected.as_ref() };
        judging.judge(valid, evidence, occasion, now)
    }

    /// The zone of a node of its pods.
    pub(super) fn zone(&self, node: &str) -> Option<&str> {
        self.expected.as_ref()?.zone(node)
    }

    /// What a verdict is made of.
    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence { server: &self.server, clients: &self.clients, expected: self.expected.as_ref() }
    }

    /// Whether the server does not report any more, and this is noticed for the first time.
    pub(in crate::reports) fn becomes_unresponsive(&mut self, now: Instant) -> bool {
        self.responsiveness.becomes_unresponsive(now)
    }

    /// Forgets the pods that do not exist any more. What they reported stays as long as it is not reported anew. Whether
    /// there were any.
    pub(in crate::reports) fn forget_pods(&mut self, exists: impl Fn(&PodKey) -> bool) -> bool {
        let server_is_gone = self.server.forget_pod(&exists);
        let clients_gone = self.clients.forget_pods(&exists);
        for errors in &clients_gone {
            self.past_errors.add(errors);
        }
        server_is_gone || !clients_gone.is_empty()
    }

    /// The run is over: whether there is something new to be written, once the last report is there.
    pub(in crate::reports) fn end(
        &mut self,
        end: End,
        session: &StoredSession<'_>,
        listening_since: Instant,
        now: Instant,
    ) -> bool {
        // One of version 1 reads no answers.
        let is_informed = self.server.newest().is_some_and(|newest| {
            newest.post.judged.is_none()
                || self.dismissed.is_some_and(|dismissed| dismissed < newest.received)
        });
        let Self { conclusion, server, clients, .. } = self;
        let conclusion = conclusion.get_or_insert_with(|| Conclusion::new(end));
        conclusion.conclude(session.validated().ok(), (server, clients), is_informed, listening_since, now)
    }

    /// The run is not over, although its end was awaited.
    pub(in crate::reports) fn resume(&mut self) {
        self.conclusion = None;
    }

    /// What is said at the end of the run, once it is known.
    pub(super) fn last_verdict(&self) -> Option<(ObjectivesVerdict, LastNumbers)> {
        self.conclusion.as_ref().and_then(Conclusion::verdict)
    }

    /// Whether what is desired now is what is said at the end of the run.
    pub(in crate::reports) fn is_final(&self) -> bool {
        self.conclusion.as_ref().is_some_and(Conclusion::is_final)
    }

    /// Whether that is in status.
    pub(in crate::reports) fn is_ended(&self) -> bool {
        self.conclusion.as_ref().is_some_and(Conclusion::is_ended)
    }

    /// Whether reports come too late to count.
    pub(super) fn is_over(&self, session: &StoredSession<'_>) -> bool {
        session.is_finished() || self.is_ended()
    }

    /// What was desired for `run` is in status. Whether something that is waited for came to an end with it.
    pub(in crate::reports) fn written(&mut self, run: Option<&str>, is_final: bool) -> bool {
        if self.run() != run {
            return false;
        }
        let cleared = !std::mem::replace(&mut self.is_cleared, true);
        let ended = is_final && self.conclusion.as_mut().is_some_and(|ends| ends.run_end().stored());
        cleared || ended
    }

    /// The API server refuses what was desired for `run`.
    pub(in crate::reports) fn refused(&mut self, run: Option<&str>, is_final: bool) {
        if self.run() == run
            && is_final
            && let Some(conclusion) = &mut self.conclusion
        {
            conclusion.run_end().refused();
        }
    }

    /// Whether status is free of the numbers of other runs.
    pub(in crate::reports) fn is_cleared(&self) -> bool {
        self.is_cleared
    }

    /// What the controller may know.
    pub(in crate::reports) fn view(&self) -> View {
        let (server, clients) = (self.server.view(), self.clients.view());
        let lost = self.judging.lost().map(str::to_owned);
        View { server, clients, lost }
    }

    /// When the server's last report came, whether its pod still exists or not.
    pub(in crate::reports) fn last_report(&self) -> Option<Instant> {
        self.server.newest().map(|server| server.received)
    }

    /// Of all processes of the run.
    pub(super) fn errors(&self) -> ErrorTotals {
        let mut totals = self.past_errors.clone();
        totals.add(self.server.errors());
        for errors in self.clients.errors() {
            totals.add(errors);
        }
        totals.at_least(&self.stored_errors);
        totals
    }
}

impl PostEffect {
    fn of(is_state_change: bool) -> Self {
        if is_state_change { Self::StateChanged } else { Self::NumbersChanged }
    }
}
