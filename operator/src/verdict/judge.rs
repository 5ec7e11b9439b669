//! From what is stored of a session to a verdict. Never about another spec than the stored one, and of a run with a duration
//! never about a part of it.

use std::time::Duration;

use crds::contract::{COMPLETE, OBJECTIVES_MET, REPORT_SILENCE};
use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;

use crate::conditions::find;
use crate::run::{Outcome, is_stored_run};
use crate::session::{Session, validate};
use crate::timestamps::between;
use crate::verdict::judgement::{ASK_AGAIN, Judgement, RunFacts, ServerFacts, Verdict};
use crate::verdict::numbers::Numbers;
use crate::verdict::query::Query;

/// A frame's fate is known so long after it was sent, so a window ended then.
const SETTLED: Duration = Duration::from_secs(3);

/// The longest pause until somebody should ask again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is said of a session, at `wall`.
pub(crate) fn judge(stored: &BallSession, query: &Query, wall: Timestamp) -> Judgement {
    let nothing = BallSessionStatus::default();
    let status = stored.status.as_ref().unwrap_or(&nothing);
    let judged = find(&status.conditions, OBJECTIVES_MET);
    let facts = facts(stored, status, judged);
    let session = match validate(stored) {
        Ok(session) => session,
        Err(error) => return facts.unknown("InvalidSpec", error.to_string()),
    };
    let facts = Judgement { objectives: Some(Numbers::asked(&session.objectives)), ..facts };
    if let Some(other) = other_evidence(status, &session, query, wall) {
        return Judgement { ask_again: other.ask_again, ..facts.unknown(other.reason, other.message) };
    }
    if !is_stored_run(status, &session.run_hash) {
        return facts.unknown("NotObserved", "the operator has not begun this run yet".into());
    }
    let complete = find(&status.conditions, COMPLETE).filter(|found| is_about(found, stored));
    let is_over = session.duration.is_some() && complete.is_some_and(|found| found.status == "True");
    let Some(judged) = judged.filter(|judged| is_about(judged, stored)) else {
        return not_judged(facts, status, &session, is_over);
    };
    if session.duration.is_some() && !is_over {
        let so_far = format!("the run is not over; so far: {}", judged.message);
        return match judged.status.as_str() {
            "Unknown" => facts.unknown(&judged.reason, judged.message.clone()),
            _ => facts.unknown("Running", so_far),
        };
    }
    let is_given_up = is_over
        && complete.is_some_and(|complete| Outcome::named(&complete.reason) != Some(Outcome::Finished));
    if let Some(complete) = complete.filter(|_| is_given_up && judged.status == "True") {
        return Judgement { is_final: true, ..facts.unknown(&complete.reason, complete.message.clone()) };
    }
    Judgement {
        verdict: match judged.status.as_str() {
            "True" => Verdict::Met,
            "False" => Verdict::Missed,
            _ => Verdict::Inconclusive,
        },
        is_final: is_over,
        reason: judged.reason.clone(),
        message: judged.message.clone(),
        cause: status
            .display
            .as_ref()
            .and_then(|display| display.cause.clone())
            .filter(|_| judged.status == "False"),
        since: Some(judged.last_transition_time.clone()),
        values: status.measurements.as_ref().map(Numbers::measured),
        ..facts
    }
}

/// What is said of a session that cannot be decoded.
pub(crate) fn undecodable(namespace: &str, name: &str, generation: Option<i64>, error: &str) -> Judgement {
    let facts = Judgement { namespace: namespace.into(), name: name.into(), generation, ..empty() };
    facts.unknown(
        "Undecodable",
        format!("this version of the operator does not understand what is stored: {error}"),
    )
}

/// What is said of a session that is stored, and was not seen yet: it is new.
pub(crate) fn unseen(namespace: &str, name: &str, generation: Option<i64>) -> Judgement {
    let facts = Judgement { namespace: namespace.into(), name: name.into(), generation, ..empty() };
    facts.unknown("NotObserved", "the operator has not seen this session yet".into())
}

/// Why what is known is no answer to what was asked.
struct Other {
    reason: &'static str,
    message: String,
    ask_again: Duration,
}

/// Whether the evidence is of another run, or from another time, than is asked for.
fn other_evidence(
    status: &BallSessionStatus,
    session: &Session,
    query: &Query,
    wall: Timestamp,
) -> Option<Other> {
    let run = status.run.as_ref();
    if let Some(asked) = &query.run {
        let name = run.and_then(|run| run.name.as_deref());
        if name != Some(asked) || session.run_name.as_ref() != Some(asked) {
            let name =
                name.map_or_else(|| "a run without a name".to_owned(), |name| format!("the run {name}"));
            let message = format!("the numbers are of {name}, and not of {asked}");
            return Some(Other { reason: "OtherRun", message, ask_again: ASK_AGAIN });
        }
    }
    let newer_than = query.newer_than?;
    if session.duration.is_some() {
        let started_at = run.and_then(|run| run.started_at.as_ref()).map(|time| time.0);
        let is_newer = started_at.is_some_and(|started_at| started_at >= newer_than);
        let message = format!("the run began before {newer_than}");
        return (!is_newer).then_some(Other { reason: "OtherRun", message, ask_again: ASK_AGAIN });
    }
    // What a session is judged by now is a report that is at most so old, and the window before that; the values beside it are
    // written less often.
    let since = session.window + REPORT_SILENCE + SETTLED;
    let missing = (since + between(wall, newer_than)).saturating_sub(between(newer_than, wall));
    (!missing.is_zero()).then(|| Other {
        reason: "TooEarly",
        message: format!(
            "in {} s it is judged by what came after {newer_than} alone",
            missing.as_millis().div_ceil(1000)
        ),
        ask_again: missing.min(LONGEST_PAUSE),
    })
}

/// Nothing is said of this spec: not yet, or not any more where a run is over that was judged by other objectives.
fn not_judged(facts: Judgement, status: &BallSessionStatus, session: &Session, is_over: bool) -> Judgement {
    let judged_by = status.run.as_ref().and_then(|run| run.judged_by.as_deref());
    let is_by_others = is_over && judged_by.is_some_and(|judged_by| judged_by != session.judged_by());
    if is_by_others {
        let message = "the run is over and was judged by other objectives: another value of spec.run begins one that is judged by these";
        return Judgement { is_final: true, ..facts.unknown("OtherObjectives", message.into()) };
    }
    facts.unknown("NotObserved", "the operator has not judged this spec yet".into())
}

fn is_about(condition: &Condition, stored: &BallSession) -> bool {
    condition.observed_generation.is_some() && condition.observed_generation == stored.metadata.generation
}

fn facts(stored: &BallSession, status: &BallSessionStatus, judged: Option<&Condition>) -> Judgement {
    Judgement {
        namespace: stored.namespace().unwrap_or_default(),
        name: stored.name_any(),
        generation: stored.metadata.generation,
        observed_generation: judged.and_then(|judged| judged.observed_generation),
        run: status.run.as_ref().map(|run| RunFacts {
            name: run.name.clone(),
            hash: run.hash.clone(),
            started_at: run.started_at.clone(),
            ended_at: run.ended_at.clone(),
            outcome: run.outcome.clone(),
        }),
        server: status.measurements.as_ref().map(|measurements| ServerFacts {
            started_at: measurements.started_at.clone(),
            restarts: status.server_restarts,
        }),
        ..empty()
    }
}

fn empty() -> Judgement {
    Judgement {
        verdict: Verdict::Inconclusive,
        is_final: false,
        reason: String::new(),
        message: String::new(),
        cause: None,
        namespace: String::new(),
        name: String::new(),
        generation: None,
        observed_generation: None,
        since: None,
        values: None,
        objectives: None,
        run: None,
        server: None,
        ask_again: ASK_AGAIN,
    }
}
