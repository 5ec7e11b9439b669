//! The status of a session that cannot be run as it is.

use crds::BallSessionStatus;
use crds::contract::{COMPLETE, READY, STALLED};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::condition;
use crate::controller::observe::owned::Owned;
use crate::controller::observe::reason::Explanation;
use crate::run::{Completion, Terms};

/// The status of a session whose spec of this generation makes no sense: all else stays as it was found. That a run is
/// complete is no statement about another generation.
pub(in crate::controller) fn unrunnable(
    explanation: &Explanation,
    stored: &BallSessionStatus,
    is_bounded: bool,
    generation: Option<i64>,
    time: Timestamp,
) -> Owned {
    let mut owned = Owned::stored(stored);
    let set = |kind: &str, reason: &str, message: &str| {
        condition(kind, false, reason, message, generation, &stored.conditions, time)
    };
    let is_known = |known: &Condition| known.status != "True" || known.observed_generation == generation;
    let complete = match owned.complete.take().filter(is_known) {
        Some(known) => Condition { observed_generation: generation, ..known },
        None => {
            let complete = if is_bounded { Completion::Running } else { Completion::Unbounded };
            set(COMPLETE, complete.as_str(), &complete.message(Terms::default()))
        }
    };
    let ready = set(READY, explanation.reason.as_str(), &explanation.message);
    // Another spec is needed.
    let stalled = condition(
        STALLED,
        true,
        explanation.reason.as_str(),
        &explanation.message,
        generation,
        &stored.conditions,
        time,
    );
    owned.observed_generation = generation;
    owned.stalled = Some(stalled);
    owned.ready = Some(ready);
    owned.complete = Some(complete);
    // Why it is not ready comes first, whatever its objectives.
    owned.explain(stored, None);
    owned
}
