//! The controller's part of the status, computed from what was applied, from the pods and from the reports.

use std::time::Duration;

use crds::contract::{COMPLETE, READY, STALLED};

use crate::conditions::{condition, find};
use crate::controller::observe::complete::complete;
use crate::controller::observe::input::Input;
use crate::controller::observe::owned::Owned;
use crate::controller::observe::ready::ready;
use crate::controller::observe::stalled::stalled;
use crate::run::history;
use crate::session::labels::{self, Component};

/// The status, and when to compute it again although nothing happened.
pub(in crate::controller) fn observe(input: &Input<'_>) -> (Owned, Option<Duration>) {
    let Input { session, stored, clock, pods, .. } = *input;
    let (completion, message) = complete(input);
    let (explanation, recheck) = ready(input, pods, completion, &message);
    let ready_clients = pods.ready_clients().count();
    let conditions = |kind: &str, status: bool, reason: &str, message: &str| {
        condition(kind, status, reason, message, input.generation, &stored.conditions, clock.time)
    };
    let is_ready = explanation.reason.is_ready();
    let was_stalled = find(&stored.conditions, STALLED)
        .is_some_and(|known| known.status == "True" && known.observed_generation == input.generation);
    let (is_stalled, patience) = stalled(explanation.reason, input.trouble_since, was_stalled, clock.now);
    let is_over = completion.is_over();
    let shown = stored.display.as_ref().filter(|_| is_over);
    let clients = format!("{ready_clients}/{}", session.clients.count());
    let server_node = pods.server.as_ref().and_then(|server| server.node.clone());
    let server_zone = server_node.as_ref().and_then(|node| input.zones.get(node).cloned());
    let mut owned = Owned {
        observed_generation: input.generation,
        ready: Some(conditions(READY, is_ready, explanation.reason.as_str(), &explanation.message)),
        complete: Some(conditions(COMPLETE, is_over, completion.as_str(), &message)),
        stalled: is_stalled
            .then(|| conditions(STALLED, true, explanation.reason.as_str(), &explanation.message)),
        // What is shown of a run that is over stays, whatever is asked for then.
        clients: shown.and_then(|shown| shown.clients.clone()).or(Some(clients)),
        server_node: shown.and_then(|shown| shown.server_node.clone()).or(server_node),
        path: shown.and_then(|shown| shown.path.clone()).or_else(|| Some(input.reached.shown(session))),
        server_zone: shown.and_then(|shown| shown.server_zone.clone()).or(server_zone),
        reason: None,
        message: None,
        ready_clients: Some(i32::try_from(ready_clients).unwrap_or(i32::MAX)),
        selector: Some(labels::selector_text(&session.name, Component::Client)),
        // Until then it is the old run's numbers that stand in the status.
        run: if input.begun { Some(input.run.clone()) } else { stored.run.clone() },
        history: history(stored, &session.run_hash, clock.time),
    };
    // What was judged by other objectives is not explained by these.
    let is_by_others = is_over && input.run.judged_by.as_ref() != Some(&session.judged_by());
    owned.explain(stored, (!is_by_others).then_some(&session.spec.objectives));
    let stuck_in = pods.all().filter_map(|pod| pod.stuck_in).chain(pods.overdue_in).min();
    (owned, [recheck, patience, stuck_in].into_iter().flatten().min())
}
