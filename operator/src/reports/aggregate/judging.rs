//! Whether the objectives are met, from report to report: bad at once, good again only after a while without a breach.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use measure::Objectives;
use measure::verdict::{Failure, Hysteresis, Pending, Place, Reason, Verdict, judge};
use report::Cause;
use report::judged::{JudgedClient, Media};

use crate::reports::aggregate::clients::{Clients, WithoutMedia};
use crate::reports::aggregate::expected::{self, Expected};
use crate::reports::aggregate::server::{Server, ServerReport};
use crate::reports::status::{
    ObjectivesVerdict, Span, Surroundings, condition, is_one_node, judged_session, window_seconds,
};
use crate::run::RunStage;
use crate::session::Session;

/// The server posts every 5 s whatever happens. Once its last post is as old as this, a client that says that it has no
/// media is believed.
const SERVER_SILENCE: Duration = Duration::from_secs(6);
/// Between two posts of the server nothing is known of so long a time: good and bad could have been in it.
const UNKNOWN: Duration = Duration::from_secs(10);
/// After a change of the operator's own, clients are given so long to have media again.
const GRACE_SECONDS: f64 = 60.0;
/// Without a decoded frame for so long a client has no media, in seconds.
const ALLOWED_SECONDS: f64 = 5.0;
/// A window is written with so many seconds of precision, at least.
const PRECISION_SECONDS: f64 = 0.002;

/// What is said about the objectives.
pub(super) struct Judging {
    hysteresis: Hysteresis,
    /// What was compared with last.
    basis: Option<Basis>,
    /// What the last numbers said by themselves: met, missed or neither, and the reason.
    last: Option<(Option<bool>, &'static str)>,
    said: Option<ObjectivesVerdict>,
    /// When the server posted last.
    heard: Option<Instant>,
    /// A client was believed to have no media.
    was_believed: bool,
    /// The failure of a client that had media and has none.
    lost: Option<String>,
}

/// What the numbers are compared with.
#[derive(Debug, Clone, PartialEq)]
struct Basis {
    objectives: Objectives,
    window: Duration,
}

/// All that a verdict is made of.
#[derive(Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub(super) server: &'a Server,
    pub(super) clients: &'a Clients,
    pub(super) expected: Option<&'a Expected>,
}

/// Why a session is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The server has posted.
    ServerPost,
    /// Anything else: time has passed, the spec has changed, a client has posted.
    Other,
}

impl Judging {
    /// What goes on from a stored status.
    pub(super) fn resume(stored: &BallSessionStatus, now: Instant) -> Self {
        let is_missed = condition(stored).is_some_and(|stored| stored.status == "False");
        let hysteresis = Hysteresis::resume(is_missed, now);
        Self { hysteresis, basis: None, last: None, said: None, heard: None, was_believed: false, lost: None }
    }

    /// What is said now; `None` before anything is known.
    pub(super) fn said(&self) -> Option<&ObjectivesVerdict> {
        self.said.as_ref()
    }

    /// The failure of a client that had media and has none, while that is what is said.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// Judges the evidence. Whether more than numbers of what is said has changed.
    ///
    /// Only a new post of the server, or other objectives, turn a verdict good: evidence that was there before proves
    /// nothing about the time since.
    pub(super) fn judge(
        &mut self,
        session: &Session,
        evidence: Evidence<'_>,
        occasion: Occasion,
        now: Instant,
    ) -> bool {
        if session.stage != RunStage::Active {
            return false;
        }
        let basis = Basis { objectives: session.objectives, window: session.window };
        let is_other_basis = self.basis.replace(basis.clone()).is_some_and(|before| before != basis);
        if is_other_basis {
            // A breach of other objectives is none of these.
            self.hysteresis = Hysteresis::default();
        }
        let Some(current) = current(session, evidence, now) else { return false };
        // What was said by other objectives says nothing by these.
        if !is_other_basis && is_between_clients_and_end(session, &current.verdict) {
            return false;
        }
        self.note_time(occasion, current.is_believed, now);
        let last = Some((outcome(&current.verdict), current.verdict.reason()));
        let is_fresh = occasion == Occasion::ServerPost || is_other_basis;
        if !is_fresh && (current.verdict.is_met() || self.last == last) {
            return false;
        }
        self.last = last;
        let shown = self.hysteresis.update(current.verdict, now);
        self.lost = current.lost.filter(|_| shown.is_missed());
        let rows = evidence.server.newest().map_or(&[][..], |newest| &newest.post.summary.clients);
        let said = ObjectivesVerdict::of(shown, current.is_one_node).explained(shown, rows);
        let beside_numbers = |said: &ObjectivesVerdict| (said.met, said.reason.clone());
        let is_changed = self.said.as_ref().map(beside_numbers) != Some(beside_numbers(&said));
        self.said = Some(said);
        is_changed
    }

    /// Time in which a client was believed to have no media is not quiet, nor is time of which nothing is known.
    fn note_time(&mut self, occasion: Occasion, is_believed: bool, now: Instant) {
        if std::mem::replace(&mut self.was_believed, is_believed) {
            self.hysteresis.breach_until(now);
        }
        if occasion == Occasion::ServerPost
            && let Some(heard) = self.heard.replace(now)
        {
            let silence = now.saturating_duration_since(heard);
            self.hysteresis.skip(if silence >= UNKNOWN { silence } else { Duration::ZERO }, now);
        }
    }
}

/// The verdict on a whole run, by the newest post of its server.
pub(super) fn of_run(session: &Session, server: &ServerReport, clients: &Clients) -> ObjectivesVerdict {
    let around = Surroundings {
        wanted: Some(expected::all_ids(session)),
        nodes: nodes(session, clients),
        epoch_age_seconds: None,
        is_bounded: false,
        is_drilled: session.drill.is_some(),
    };
    let span = Span::run_of(session);
    let (judged, objectives) =
        judged_session(&server.post, &server.clients, span, &around, &session.objectives);
    let is_one_node = is_one_node(server.pod.node.as_deref(), &judged.clients);
    let verdict = judge(&judged, &objectives);
    ObjectivesVerdict::of(&verdict, is_one_node).explained(&verdict, &server.post.summary.clients)
}

/// When a client that says that it has no media is to be believed, if there is one and the server does not post before.
pub(super) fn believed_at(evidence: Evidence<'_>, now: Instant) -> Option<Instant> {
    let silent_at = evidence.server.newest()?.received + SERVER_SILENCE;
    let without_media = evidence.clients.without_media(now)?;
    // Rounded up: then it is that long, and not a rounding error less.
    let left = ((ALLOWED_SECONDS - without_media.seconds) * 1000.0).ceil().max(0.0) / 1000.0;
    let believed_at = silent_at.max(now + Duration::from_secs_f64(left));
    (!is_believed(evidence, now)).then_some(believed_at)
}

/// Whether a client says that it has no media, and the server says nothing.
pub(super) fn is_believed(evidence: Evidence<'_>, now: Instant) -> bool {
    believed(evidence, now).is_some()
}

/// The verdict of one moment.
struct Current {
    verdict: Verdict,
    is_one_node: bool,
    /// It is a client's own word, and not the server's.
    is_believed: bool,
    lost: Option<String>,
}

fn current(session: &Session, evidence: Evidence<'_>, now: Instant) -> Option<Current> {
    let server = evidence.server.newest()?;
    let epoch_age_seconds = evidence.expected.and_then(|expected| expected.epoch_age_seconds(now));
    if let Some(without_media) = believed(evidence, now)
        && epoch_age_seconds.is_none_or(|age| age >= GRACE_SECONDS)
    {
        let failure = no_media(session, &without_media);
        let lost = Some(failure.message());
        let verdict = Verdict::Missed(vec![failure]);
        return Some(Current { verdict, is_one_node: false, is_believed: true, lost });
    }
    // A process that is over has its whole run in its last numbers, and nothing of now. Whoever follows it has not reported.
    if server.post.is_final {
        let is_new = epoch_age_seconds.is_some_and(|age| age < GRACE_SECONDS);
        return is_new.then(|| Current {
            verdict: Verdict::inconclusive(
                Pending::Starting,
                "the server was replaced, and the next one has not reported yet",
            ),
            is_one_node: false,
            is_believed: false,
            lost: None,
        });
    }
    let around = Surroundings {
        wanted: evidence.expected.map(|expected| expected.ids(session)),
        nodes: nodes(session, evidence.clients),
        epoch_age_seconds,
        is_bounded: session.duration.is_some(),
        is_drilled: session.drill.is_some(),
    };
    let (judged, objectives) =
        judged_session(&server.post, &server.clients, Span::Recent, &around, &session.objectives);
    let verdict = if is_of_window(server, session.window) {
        judge(&judged, &objectives)
    } else {
        // Whoever is gone is gone in every window.
        match judge(&judged, &Objectives::default()) {
            Verdict::Met | Verdict::Inconclusive { reason: Pending::InsufficientSamples, .. } => {
                let window = &session.spec.objectives.window;
                let message = format!("the server has not reported numbers of the last {window} yet");
                Verdict::inconclusive(Pending::NoReports, message)
            }
            verdict => verdict,
        }
    };
    let lost = verdict.failure().filter(|failure| had_media(failure, &judged.clients)).map(Failure::message);
    let is_one_node = is_one_node(server.pod.node.as_deref(), &judged.clients);
    Some(Current { verdict, is_one_node, is_believed: false, lost })
}

fn believed<'a>(evidence: Evidence<'a>, now: Instant) -> Option<WithoutMedia<'a>> {
    let silence = now.saturating_duration_since(evidence.server.newest()?.received);
    let without_media = evidence.clients.without_media(now)?;
    (silence >= SERVER_SILENCE && without_media.seconds >= ALLOWED_SECONDS).then_some(without_media)
}

fn no_media(session: &Session, without_media: &WithoutMedia<'_>) -> Failure {
    let pod = without_media.pod;
    let id = pod.index.map_or_else(|| pod.key.name.clone(), |index| expected::id(session, index));
    Failure {
        reason: Reason::NoMedia,
        measured: Some((without_media.seconds * 10.0).round() / 10.0),
        allowed: ALLOWED_SECONDS,
        place: Place::Client { id, node: pod.node.clone() },
        cause: Cause::Unknown,
        vanishes_above: None,
    }
}

/// Whether a failure is about a client that had media and has none.
fn had_media(failure: &Failure, clients: &[JudgedClient]) -> bool {
    let Place::Client { id, .. } = &failure.place else { return false };
    let is_absence = matches!(failure.reason, Reason::ClientsLost | Reason::NoMedia);
    let has_stopped =
        |client: &JudgedClient| matches!(client.media, Media::Gone { .. } | Media::Stopped { .. });
    is_absence && clients.iter().any(|client| client.id == *id && has_stopped(client))
}

fn is_of_window(server: &ServerReport, window: Duration) -> bool {
    (window_seconds(&server.post) - window.as_secs_f64()).abs() <= PRECISION_SECONDS
}

fn nodes(session: &Session, clients: &Clients) -> BTreeMap<String, String> {
    clients.nodes().map(|(index, node)| (expected::id(session, index), node.to_owned())).collect()
}

/// Whether nobody is left to be judged of a run whose clients end: what was said of them stands until the whole of it is judged.
fn is_between_clients_and_end(session: &Session, verdict: &Verdict) -> bool {
    let is_nobody = matches!(verdict, Verdict::Inconclusive { reason: Pending::NoClients, .. });
    is_nobody && session.duration.is_some() && !session.clients.is_empty()
}

fn outcome(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Met => Some(true),
        Verdict::Missed(_) => Some(false),
        Verdict::Inconclusive { .. } => None,
    }
}
