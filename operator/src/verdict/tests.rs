//! What is said of sessions, case by case.

use std::fs::OpenOptions;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::session::validate;

const SINCE: &str = "2026-01-01T00:10:00Z";
/// Long after everything.
const NOW: &str = "2026-01-01T12:00:00Z";

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": format!("about {reason}"),
        "observedGeneration": 3, "lastTransitionTime": SINCE
    })
}

/// A session of generation 3 whose run is stored, as it is when its objectives are met.
fn session(spec: &Value) -> Value {
    let mut stored = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "u-1", "generation": 3}, "spec": spec
    });
    let parsed = validate(&serde_json::from_value(stored.clone()).unwrap()).unwrap();
    let is_bounded = parsed.duration.is_some();
    let complete = if is_bounded { ("True", "Finished") } else { ("False", "Unbounded") };
    stored["status"] = json!({
        "observedGeneration": 3,
        "conditions": [
            condition("ObjectivesMet", "True", "Met"), condition("Complete", complete.0, complete.1)
        ],
        "display": {"cause": "Network"},
        "run": {"name": parsed.run_name, "hash": parsed.run_hash, "startedAt": "2026-01-01T00:05:00Z", "judgedBy": parsed.judged_by()},
        "serverRestarts": 1,
        "measurements": {"startedAt": "2026-01-01T00:05:01Z", "frames": {"sent": 900}, "errorPixels": {"p95": "0.0117"}}
    });
    stored
}

fn of(stored: &Value, query: &str) -> Judgement {
    at(stored, query, NOW)
}

fn at(stored: &Value, query: &str, wall: &str) -> Judgement {
    let session = serde_json::from_value(stored.clone()).unwrap();
    let wall = wall.parse::<Timestamp>().unwrap();
    let judgement = judge(&session, &Query::parse(query, wall).unwrap(), wall);
    record(&judgement);
    judgement
}

/// Where each answer goes with what becomes of a rollout by it, a line of JSON each, if it is to be tried with the engines of such
/// tools.
const VERDICTS: &str = "BALLSESSION_VERDICTS";

/// What tools that roll out make of an answer.
fn record(judgement: &Judgement) {
    let Some(path) = std::env::var_os(VERDICTS) else { return };
    let expected = match judgement.verdict {
        Verdict::Met => "Successful",
        Verdict::Missed => "Failed",
        Verdict::Inconclusive if judgement.is_final => "Failed",
        Verdict::Inconclusive => "Inconclusive",
    };
    let line = json!({"what": judgement.reason, "expected": expected, "body": judgement}).to_string() + "\n";
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// Verdict, whether it is final, and reason.
fn said(judgement: &Judgement) -> (Verdict, bool, &str) {
    (judgement.verdict, judgement.is_final, judgement.reason.as_str())
}

/// A change of what is stored.
type Change = &'static dyn Fn(&mut Value);

#[test]
fn each_state_of_a_session_has_its_verdict() {
    use Verdict::{Inconclusive, Met, Missed};
    let (unbounded, bounded) = (json!({}), json!({"duration": "1m", "run": "1.4.2"}));
    let cases: [(&Value, Change, (Verdict, bool, &str)); 22] = [
        (&unbounded, &|_| (), (Met, false, "Met")),
        (
            &unbounded,
            &|stored| stored["status"]["conditions"][0] = condition("ObjectivesMet", "False", "LossTooHigh"),
            (Missed, false, "LossTooHigh"),
        ),
        (
            &unbounded,
            &|stored| stored["status"]["conditions"][0] = condition("ObjectivesMet", "Unknown", "NoReports"),
            (Inconclusive, false, "NoReports"),
        ),
        (
            &unbounded,
            &|stored| stored["status"]["conditions"][0] = condition("ObjectivesMet", "Unknown", "Suspended"),
            (Inconclusive, false, "Suspended"),
        ),
        // Another spec is stored than the one that is judged.
        (
            &unbounded,
            &|stored| stored["metadata"]["generation"] = json!(4),
            (Inconclusive, false, "NotObserved"),
        ),
        (
            &unbounded,
            &|stored| stored["status"]["conditions"][0]["observedGeneration"] = json!(2),
            (Inconclusive, false, "NotObserved"),
        ),
        (
            &unbounded,
            &|stored| stored["status"]["conditions"][0]["observedGeneration"] = json!(null),
            (Inconclusive, false, "NotObserved"),
        ),
        // A new object.
        (&unbounded, &|stored| stored["status"] = json!(null), (Inconclusive, false, "NotObserved")),
        (
            &unbounded,
            &|stored| stored["status"]["conditions"] = json!([]),
            (Inconclusive, false, "NotObserved"),
        ),
        // What is stored is of another run.
        (
            &unbounded,
            &|stored| stored["status"]["run"]["hash"] = json!("other"),
            (Inconclusive, false, "NotObserved"),
        ),
        (
            &unbounded,
            &|stored| stored["spec"]["duration"] = json!("soon"),
            (Inconclusive, false, "InvalidSpec"),
        ),
        (&bounded, &|_| (), (Met, true, "Met")),
        (
            &bounded,
            &|stored| {
                stored["status"]["conditions"][0] = condition("ObjectivesMet", "False", "FreezeTooLong");
            },
            (Missed, true, "FreezeTooLong"),
        ),
        // A run that is over without a verdict has none for good.
        (
            &bounded,
            &|stored| {
                stored["status"]["conditions"][0] =
                    condition("ObjectivesMet", "Unknown", "InsufficientSamples");
            },
            (Inconclusive, true, "InsufficientSamples"),
        ),
        (
            &bounded,
            &|stored| {
                stored["status"]["conditions"][0] =
                    condition("ObjectivesMet", "Unknown", "StartDeadlineExceeded");
                stored["status"]["conditions"][1] = condition("Complete", "True", "StartDeadlineExceeded");
            },
            (Inconclusive, true, "StartDeadlineExceeded"),
        ),
        // A part of a run is not the run, whether it is good or bad.
        (
            &bounded,
            &|stored| stored["status"]["conditions"][1] = condition("Complete", "False", "Running"),
            (Inconclusive, false, "Running"),
        ),
        (
            &bounded,
            &|stored| {
                stored["status"]["conditions"][0] = condition("ObjectivesMet", "False", "LossTooHigh");
                stored["status"]["conditions"][1] = condition("Complete", "False", "Running");
            },
            (Inconclusive, false, "Running"),
        ),
        (
            &bounded,
            &|stored| {
                stored["status"]["conditions"][0] = condition("ObjectivesMet", "Unknown", "Starting");
                stored["status"]["conditions"][1] = condition("Complete", "False", "Running");
            },
            (Inconclusive, false, "Starting"),
        ),
        // That it is over was said of another spec.
        (
            &bounded,
            &|stored| stored["status"]["conditions"][1]["observedGeneration"] = json!(2),
            (Inconclusive, false, "Running"),
        ),
        // Other objectives stand there since the end: nobody is going to judge it by them.
        (
            &bounded,
            &|stored| {
                stored["spec"]["objectives"] = json!({"lossPercent": "0.5"});
                stored["status"]["conditions"][0]["observedGeneration"] = json!(2);
            },
            (Inconclusive, true, "OtherObjectives"),
        ),
        // Written otherwise they are the same, and only not observed yet.
        (
            &bounded,
            &|stored| {
                stored["spec"]["objectives"] = json!({"setupP95": "5000ms"});
                stored["status"]["conditions"][0]["observedGeneration"] = json!(2);
            },
            (Inconclusive, false, "NotObserved"),
        ),
        (&bounded, &|stored| stored["spec"]["run"] = json!("1.4.3"), (Inconclusive, false, "NotObserved")),
    ];
    for (number, (spec, change, expected)) in cases.into_iter().enumerate() {
        let mut stored = session(spec);
        change(&mut stored);
        let judgement = of(&stored, "");
        assert_eq!(said(&judgement), expected, "case {number}: {stored}");
        // Numbers stand beside a verdict about them alone, and a cause beside a breach.
        let has_values = matches!(judgement.verdict, Met | Missed)
            || ["NoReports", "Suspended"].contains(&expected.2)
            || (judgement.is_final && expected.2 != "OtherObjectives");
        assert_eq!(judgement.values.is_some(), has_values, "case {number}: {judgement:?}");
        assert_eq!(judgement.cause.is_some(), judgement.verdict == Missed, "case {number}");
        assert_eq!(judgement.is_conclusive(), judgement.verdict != Inconclusive || judgement.is_final);
    }
}

#[test]
fn evidence_of_another_run_or_time_is_no_answer() {
    let (unbounded, bounded) = (session(&json!({})), session(&json!({"duration": "1m", "run": "1.4.2"})));
    for (stored, query, wall, reason, ask_again) in [
        (&bounded, "run=1.4.2", NOW, "Met", 5),
        (&bounded, "run=1.4.3", NOW, "OtherRun", 5),
        (&unbounded, "run=1.4.2", NOW, "OtherRun", 5),
        (&bounded, "newerThan=2026-01-01T00:05:00Z", NOW, "Met", 5),
        (&bounded, "newerThan=2026-01-01T00:05:01Z", NOW, "OtherRun", 5),
        (&bounded, "newerThan=2026-01-01T00:04:00Z&run=1.4.3", NOW, "OtherRun", 5),
        // The window, the oldest report that counts, and the time until a frame's fate is known.
        (&unbounded, "newerThan=2026-01-01T00:20:00Z", "2026-01-01T00:21:33Z", "Met", 5),
        (&unbounded, "newerThan=2026-01-01T00:20:00Z", "2026-01-01T00:21:30.5Z", "TooEarly", 2),
        (&unbounded, "newerThan=2026-01-01T00:20:00Z", "2026-01-01T00:20:00Z", "TooEarly", 60),
        // By a clock that is ahead.
        (&unbounded, "newerThan=2026-01-01T00:20:30Z", "2026-01-01T00:20:00Z", "TooEarly", 60),
        (&unbounded, "newerThan=2026-01-01T00:20:00Z", "2026-01-01T00:21:32Z", "TooEarly", 1),
    ] {
        let judgement = at(stored, query, wall);
        assert_eq!(judgement.reason, reason, "{query} at {wall}");
        assert_eq!(judgement.ask_again.as_secs(), ask_again, "{query} at {wall}");
        let is_verdict = reason == "Met";
        assert_eq!(
            (judgement.is_conclusive(), judgement.values.is_some()),
            (is_verdict, is_verdict),
            "{query}"
        );
    }
    let ahead = at(&unbounded, "newerThan=2026-01-01T00:20:30Z", "2026-01-01T00:20:00Z");
    assert!(ahead.message.starts_with("in 123 s it is judged by what came after"), "{}", ahead.message);
    // A breach is no answer either where it may be from before.
    let mut missed = unbounded.clone();
    missed["status"]["conditions"][0] = condition("ObjectivesMet", "False", "LossTooHigh");
    assert_eq!(at(&missed, "newerThan=2026-01-01T00:20:00Z", "2026-01-01T00:20:30Z").reason, "TooEarly");
}

#[test]
fn all_of_it_has_its_place_in_the_answer() {
    let mut stored = session(&json!({"duration": "1m", "run": "1.4.2"}));
    stored["status"]["conditions"][0] = condition("ObjectivesMet", "False", "LossTooHigh");
    stored["status"]["run"]["endedAt"] = json!("2026-01-01T00:07:00Z");
    stored["status"]["run"]["outcome"] = json!("Finished");
    let run = &stored["status"]["run"];
    let nothing = json!(null);
    let mut shown = serde_json::to_value(of(&stored, "")).unwrap();
    let numbers = shown.as_object_mut().unwrap().remove("objectives").unwrap();
    assert_eq!((&numbers["lossPercent"], &numbers["frames"]), (&json!(1.0), &json!(300.0)));
    assert_eq!(
        shown,
        json!({
            "verdict": "Missed", "final": true, "reason": "LossTooHigh", "message": "about LossTooHigh", "cause": "Network",
            "namespace": "lighthouse", "name": "harbor", "generation": 3, "observedGeneration": 3, "since": SINCE,
            "values": {
                "errorPixelsP95": 0.0117, "latencyP95Milliseconds": nothing, "lossPercent": nothing, "undetectedPercent": nothing,
                "deliveredPercent": nothing, "longestFreezeMilliseconds": nothing, "setupP95Milliseconds": nothing, "frames": 900.0
            },
            "run": {
                "name": "1.4.2", "hash": run["hash"], "startedAt": "2026-01-01T00:05:00Z", "endedAt": "2026-01-01T00:07:00Z",
                "outcome": "Finished"
            },
            "server": {"startedAt": "2026-01-01T00:05:01Z", "restarts": 1}
        })
    );
}

#[test]
fn what_is_stored_may_make_no_sense() {
    let judgement = undecodable("lighthouse", "harbor", Some(3), "clients: many");
    assert_eq!(said(&judgement), (Verdict::Inconclusive, false, "Undecodable"));
    assert!(judgement.message.ends_with("clients: many") && judgement.generation == Some(3));
}
