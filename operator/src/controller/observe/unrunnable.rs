//! The status of a session that cannot be run as it is.

use crds::BallSessionStatus;
use crds::contract::{COMPLETE, READY};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::condition;
use crate::controller::observe::owned::Owned;
use crate::controller::observe::reason::Explanation;
use crate::run::Completion;

/// What is known of a run that cannot be run as it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::controller) struct Unrunnable<'a> {
    /// Its hash, where it makes sense at all.
    pub(in crate::controller) run: Option<&'a str>,
    /// Whether it shall have an end.
    pub(in crate::controller) is_bounded: bool,
    /// The generation of the spec that asks for it.
    pub(in crate::controller) generation: Option<i64>,
}

/// The status of a session that cannot be run as it is: all else stays as it was found. Whether a run is complete is no
/// statement about another one; but where what is asked for makes no sense, there is no other.
pub(in crate::controller) fn unrunnable(
    explanation: &Explanation,
    stored: &BallSessionStatus,
    unrunnable: Unrunnable<'_>,
    time: Timestamp,
) -> Owned {
    let Unrunnable { run, is_bounded, generation } = unrunnable;
    let mut owned = Owned::stored(stored);
    let is_other_run = run.is_some() && run != stored.run.as_ref().map(|run| run.hash.as_str());
    let known = owned.complete.take().filter(|_| !is_other_run);
    let conditions = &stored.conditions;
    let ready = condition(
        READY,
        false,
        explanation.reason.as_str(),
        &explanation.message,
        generation,
        conditions,
        time,
    );
    let complete = known.map_or_else(
        || {
            let complete = if is_bounded { Completion::Running } else { Completion::Unbounded };
            condition(
                COMPLETE,
                false,
                complete.as_str(),
                &complete.message(None),
                generation,
                conditions,
                time,
            )
        },
        |known| Condition { observed_generation: generation, ..known },
    );
    owned.observed_generation = generation;
    owned.reason = Some(ready.reason.clone());
    owned.message = Some(ready.message.clone());
    owned.ready = Some(ready);
    owned.complete = Some(complete);
    owned
}
