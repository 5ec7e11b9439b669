//! How each client of a session stands. A status has a verdict of the whole session and the clients' numbers; whose fault a
//! missed verdict is follows from the clients that it names and from the numbers that break what is asked.

use crds::contract::{COMPLETE, OBJECTIVES_MET, READY};
use crds::{BallSession, BallSessionStatus, ClientStatus};
use measure::Objectives;
use serde::Serialize;

use crate::conditions::find;
use crate::session::validate;

/// Of fewer frames a client's ratios and percentiles say nothing, as in the verdict.
const ENOUGH_FRAMES: i64 = 100;

/// How a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Outcome {
    Missed,
    Met,
    Unknown,
}

/// The outcomes of the clients that the status has, in its order.
pub(super) fn outcomes(session: &BallSession) -> Vec<Outcome> {
    let Some(status) = session.status.as_ref() else { return Vec::new() };
    let met = find(&status.conditions, OBJECTIVES_MET);
    let missed = met.filter(|met| met.status == "False");
    let objectives = missed.and_then(|_| validate(session).ok()).map(|session| session.objectives);
    let is_broken = is_broken(status);
    let is_culprit = |client: &ClientStatus| {
        let is_absent = !matches!(client.state.as_deref(), Some("Connected" | "Ended"));
        let breaks_verdict = missed.is_some_and(|missed| {
            let is_lost = is_absent && matches!(missed.reason.as_str(), "ClientsLost" | "NoMedia");
            is_lost || names(&missed.message, &client.id)
        });
        let breaks_limit = objectives.as_ref().is_some_and(|limits| breaks(client, limits));
        breaks_verdict || breaks_limit || (is_broken && is_absent)
    };
    let culprits: Vec<_> = status.clients.iter().map(is_culprit).collect();
    // What nobody breaks alone, or what breaks before any client, concerns all of them.
    let is_of_all = (missed.is_some() || is_broken) && !culprits.contains(&true);
    let is_judged = met.is_some_and(|met| met.status != "Unknown");
    let outcome = |(client, is_culprit): (&ClientStatus, bool)| match client.state.as_deref() {
        _ if is_culprit || is_of_all => Outcome::Missed,
        Some("Connected" | "Ended") if is_judged && has_numbers(client) => Outcome::Met,
        _ => Outcome::Unknown,
    };
    status.clients.iter().zip(culprits).map(outcome).collect()
}

/// Whether the session does not do what it is to do. Of one that is over nothing more is wanted.
fn is_broken(status: &BallSessionStatus) -> bool {
    let is_over = find(&status.conditions, COMPLETE).is_some_and(|complete| complete.status == "True");
    let ready = find(&status.conditions, READY);
    !is_over && ready.is_some_and(|ready| ready.status == "False")
}

/// Whether a verdict's message has the client among those that it is about: `(harbor-client-1 on worker-2; cause Network)`.
fn names(message: &str, id: &str) -> bool {
    let mut about = message.split('(').skip(1);
    about.any(|about| {
        about.strip_prefix(id).is_some_and(|rest| [" on ", ";", ")"].iter().any(|end| rest.starts_with(end)))
    })
}

fn has_numbers(client: &ClientStatus) -> bool {
    client.delivered_percent.is_some() || client.loss_percent.is_some()
}

/// Whether the client's own numbers break what is asked.
fn breaks(client: &ClientStatus, limits: &Objectives) -> bool {
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    let is_above = |text: &Option<String>, limit: Option<f64>| {
        number(text).zip(limit).is_some_and(|(is, limit)| is > limit)
    };
    let milliseconds = |limit: Option<std::time::Duration>| limit.map(|limit| limit.as_secs_f64() * 1000.0);
    let has_enough =
        client.frames.as_ref().is_some_and(|frames| frames.sent - frames.pending >= ENOUGH_FRAMES);
    let of_ratios = is_above(&client.error_pixels_p95, limits.error_p95_pixels)
        || is_above(&client.latency_milliseconds_p95, milliseconds(limits.latency_p95))
        || is_above(&client.loss_percent, limits.loss_percent)
        || is_above(&client.undetected_percent, limits.undetected_percent)
        || number(&client.delivered_percent)
            .zip(limits.delivered_percent)
            .is_some_and(|(is, limit)| is < limit);
    has_enough && of_ratios
        || is_above(&client.longest_freeze_milliseconds, milliseconds(limits.longest_freeze))
        || is_above(&client.setup_milliseconds, milliseconds(limits.setup_p95))
        || is_above(&client.recovery_milliseconds, milliseconds(limits.recovery))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Outcome::{Met, Missed, Unknown};
    use super::*;

    fn client(id: &str, differing: &Value) -> Value {
        let mut client = json!({
            "id": id, "state": "Connected", "reconnects": 0, "lossPercent": "0", "deliveredPercent": "100",
            "frames": {"sent": 900, "pending": 0, "matched": 900}
        });
        client.as_object_mut().unwrap().extend(differing.as_object().unwrap().clone());
        client
    }

    /// Of a session with such conditions (type, status, reason, message) and clients.
    fn of(conditions: &[(&str, &str, &str, &str)], clients: &[Value]) -> Vec<Outcome> {
        let conditions = conditions.iter().map(|(kind, status, reason, message)| {
            json!({
                "type": kind, "status": status, "reason": reason, "message": message,
                "lastTransitionTime": "2026-01-01T00:00:00Z"
            })
        });
        let session = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": {},
            "metadata": {"namespace": "pier", "name": "harbor", "uid": "7"},
            "status": {"conditions": conditions.collect::<Vec<_>>(), "clients": clients}
        });
        outcomes(&serde_json::from_value(session).unwrap())
    }

    const READY: (&str, &str, &str, &str) = ("Ready", "True", "Ready", "");

    #[test]
    fn whoever_breaks_what_is_asked_has_missed_and_nobody_else() {
        let missed = |reason, message| [READY, ("ObjectivesMet", "False", reason, message)];
        let clients = [client("a-1", &json!({})), client("a-12", &json!({}))];
        let named = "8.1 % lost, 1 % allowed (a-12 on worker-2; cause Network)";
        assert_eq!(of(&missed("LossTooHigh", named), &clients), [Met, Missed]);
        let limits = [
            json!({"lossPercent": "1.1"}),
            json!({"deliveredPercent": "94.9"}),
            json!({"undetectedPercent": "1.1"}),
            json!({"errorPixelsP95": "1.1"}),
            json!({"latencyMillisecondsP95": "201"}),
            json!({"longestFreezeMilliseconds": "1001"}),
            json!({"setupMilliseconds": "5001"}),
        ];
        for breach in limits {
            let clients = [client("a-0", &breach), client("a-1", &json!({}))];
            assert_eq!(of(&missed("LossTooHigh", ""), &clients), [Missed, Met], "{breach}");
        }
        let lost = [client("a-0", &json!({"state": "Lost"})), client("a-1", &json!({}))];
        assert_eq!(of(&missed("ClientsLost", ""), &lost), [Missed, Met]);
        // Of few frames a share says nothing, and of all together every client has its part.
        let few = json!({"lossPercent": "50", "frames": {"sent": 99, "pending": 0, "matched": 49}});
        assert_eq!(
            of(&missed("ErrorTooHigh", "all"), &[client("a-0", &few), client("a-1", &json!({}))]),
            [Missed, Missed]
        );
    }

    #[test]
    fn a_session_that_is_not_ready_is_no_better_than_who_is_absent() {
        let blocked = [("Ready", "False", "MediaBlocked", ""), ("ObjectivesMet", "Unknown", "Starting", "")];
        let connecting = client("a-0", &json!({"state": "Connecting"}));
        assert_eq!(of(&blocked, &[connecting.clone(), client("a-1", &json!({}))]), [Missed, Unknown]);
        assert_eq!(of(&blocked, &[client("a-1", &json!({}))]), [Missed]);
        // What is over is judged by its verdict alone.
        let over = [blocked[0], ("ObjectivesMet", "True", "Met", ""), ("Complete", "True", "Finished", "")];
        assert_eq!(of(&over, &[client("a-0", &json!({"state": "Ended"}))]), [Met]);
    }

    #[test]
    fn nobody_is_good_whom_nothing_is_known_of() {
        let met = [READY, ("ObjectivesMet", "True", "Met", "")];
        assert_eq!(of(&met, &[client("a-0", &json!({})), connecting()]), [Met, Unknown]);
        let silent = client("a-0", &json!({"lossPercent": null, "deliveredPercent": null}));
        assert_eq!(of(&met, &[silent]), [Unknown]);
        assert_eq!(of(&[READY], &[client("a-0", &json!({}))]), [Unknown]);
        assert_eq!(of(&[], &[client("a-0", &json!({}))]), [Unknown]);
    }

    fn connecting() -> Value {
        client("a-1", &json!({"state": "Connecting"}))
    }
}
