//! The condition Complete: whether the run is over.

use crds::contract::COMPLETE;

use crate::conditions::find;
use crate::controller::observe::input::Input;
use crate::run::{Completion, Phase, RunStage, Terms};

/// How far the run is, and what is said of it.
pub(super) fn complete(input: &Input<'_>) -> (Completion, String) {
    let (session, run) = (input.session, input.run);
    let completion = Completion::of(input.phase, session.duration.is_some());
    // What was said of a run that is over stays.
    let said = find(&input.stored.conditions, COMPLETE).filter(|_| session.stage == RunStage::Finished);
    let message = said.map(|said| said.message.clone()).unwrap_or_else(|| {
        completion.message(Terms {
            duration: session.spec.duration.as_deref(),
            start_deadline: &session.spec.start_deadline,
            cause: run.cause.as_deref(),
            is_without_clients: session.spec.clients == 0,
            decided: match input.phase {
                Phase::Ending(outcome) => Some(outcome),
                Phase::Starting | Phase::Measuring | Phase::Over(_) => None,
            },
        })
    });
    (completion, message)
}
