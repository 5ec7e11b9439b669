//! Whether media flows to every client, and if not, what keeps it from that.

use std::collections::BTreeSet;
use std::time::Duration;

use crds::contract::{READY, REPORT_SILENCE};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;

use report::post::MAX_ROWS;
use report::{ClientRow, Frames, State};

use crate::conditions::{cut, find};
use crate::controller::observe::bypassed::bypassed;
use crate::controller::observe::drilled::with_drill;
use crate::controller::observe::input::{Clock, Input};
use crate::controller::observe::nearly_done::nearly_done;
use crate::controller::observe::nodes;
use crate::controller::observe::pods::{ObservedPod, ObservedPods};
use crate::controller::observe::reason::{Explanation, Reason};
use crate::controller::observe::stages;
use crate::controller::reached::Reached;
use crate::report_source::ServerView;
use crate::run::{Completion, Outcome, Phase, RunStage, WantedClients};
use crate::timestamps::between;

/// The next report of a server that has numbers alone, of which nobody is notified.
const NEXT_REPORT: Duration = Duration::from_secs(5);
/// Clients dial again, and say so, within this time.
const SETTLING: Duration = Duration::from_secs(10);

/// The first reason that applies, and when to compute it again although nothing happened. `ended` is what is said of a run
/// that is over.
pub(super) fn ready(
    input: &Input<'_>,
    pods: &ObservedPods,
    completion: Completion,
    ended: &str,
) -> (Explanation, Option<Duration>) {
    if let Completion::Over(outcome) = completion {
        return (over(outcome, ended), None);
    }
    // Its pods go, and nobody waits for others.
    if let Phase::Ending(outcome) = input.phase
        && outcome.is_failure()
    {
        return (Reason::Failed.with_message(format!("the run is given up, {ended}")), None);
    }
    let (explanation, recheck) = with_policies(input, pods);
    (with_drill(explanation, input.run, input.clock.time), recheck)
}

fn with_policies(input: &Input<'_>, pods: &ObservedPods) -> (Explanation, Option<Duration>) {
    let (explanation, recheck) = first_reason(input, pods);
    match input.policies.filter(|_| explanation.reason.is_about_network()) {
        None => (explanation, recheck),
        Some(policies) => {
            // However long the words before them are, they are seen.
            let message = cut(&explanation.message, room(input.policies));
            (explanation.reason.with_message(format!("{message}; {policies}")), recheck)
        }
    }
}

/// How long a message may be that these policies follow.
fn room(policies: Option<&str>) -> usize {
    crds::MAX_MESSAGE.saturating_sub(policies.map_or(0, |policies| policies.len() + 2))
}

fn first_reason(input: &Input<'_>, pods: &ObservedPods) -> (Explanation, Option<Duration>) {
    if let Some(explanation) = without_pods(input).or_else(|| pod_problem(input, pods)) {
        return (explanation, None);
    }
    if pods.server.as_ref().is_none_or(|server| server.ready_since.is_none()) {
        return (Reason::ServerNotReady.with_message(server_not_ready(pods.server.as_ref())), None);
    }
    // Whoever has media by an address of before may keep it, and nobody else gets any.
    if let Reached::Awaited(why) = input.reached {
        return (Reason::WaitingForAddress.with_message(why), None);
    }
    let wanted = &input.session.clients;
    let (nearly_done, ends_in) = nearly_done(input);
    let served = pods.served_clients(wanted, &nearly_done);
    if served < wanted.count() {
        let (session, view, server) = (input.session, input.view, pods.server.as_ref());
        let (since, room) = (settling_since(server, input.clock.time), room(input.policies));
        let stuck = stages::first_broken(session, input.reached, server, &pods.clients, view, since, room);
        let failed = input.failed_attempts.explanation(pods, view, wanted);
        // The reports know more than the pods: they come first where both say the same.
        let lost = lost(input).or_else(|| lost_by_pods(pods, &nearly_done, served, wanted.count()));
        let all = stuck.into_iter().chain(failed).chain(lost);
        let first = all.min_by_key(|explanation| explanation.reason);
        let waiting = || Reason::WaitingForClients.with_message(waiting(pods, served, wanted.count()));
        let explanation = first.unwrap_or_else(waiting);
        // Whatever they report again then counts.
        let settled_in = since.map(|since| SETTLING.saturating_sub(between(since, input.clock.time)));
        return (explanation, settled_in);
    }
    let (explanation, recheck) = reported(input, pods, wanted);
    (explanation, recheck.into_iter().chain(ends_in).min())
}

/// Since when the server is ready, where that was just now: what clients report of before is that there was none.
fn settling_since(server: Option<&ObservedPod>, time: Timestamp) -> Option<Timestamp> {
    server?.ready_since.filter(|since| between(*since, time) < SETTLING)
}

/// A run that is over; `ended` says how.
fn over(outcome: Outcome, ended: &str) -> Explanation {
    if outcome.is_failure() {
        return Reason::Failed.with_message(format!("the run was given up: {ended}"));
    }
    Reason::Completed.with_message("the run is over: its numbers stay as they are")
}

/// What does not depend on the pods.
fn without_pods(input: &Input<'_>) -> Option<Explanation> {
    let is_suspended = input.session.stage == RunStage::Suspended;
    let suspended = || Reason::Suspended.with_message("spec.suspend is true: there are no pods");
    let refused = input.refused.clone().filter(|refused| {
        // Whatever of the pods is left, it is not as it shall be.
        refused.reason < Reason::PodsForbidden || is_suspended
    });
    refused.or_else(|| is_suspended.then(suspended))
}

/// What keeps pods from existing, or from coming up.
fn pod_problem(input: &Input<'_>, pods: &ObservedPods) -> Option<Explanation> {
    if let Some(message) = input.applied.server_deployment.as_ref().and_then(replica_failure) {
        return Some(Reason::PodsForbidden.with_message(message));
    }
    let on_lost_node = nodes::lost(pods, input.lost_nodes);
    // Of a pod whose node is lost nobody knows why it is stuck.
    let is_lost =
        |node: &Option<String>| node.as_ref().is_some_and(|node| input.lost_nodes.contains_key(node));
    let is_known = |pod: &&ObservedPod| {
        let is_stuck = pod.problem.as_ref().is_some_and(|problem| problem.reason == Reason::PodStuck);
        !is_stuck || !is_lost(&pod.node)
    };
    let problems = pods.all().filter(is_known).filter_map(|pod| pod.problem.as_ref());
    let leaving = pods.leaving.iter().filter(|pod| !is_lost(&pod.node));
    let overdue = leaving.filter_map(|pod| pod.overdue.as_ref());
    // Of a pod that waits for a node it says better why there is none.
    let of_pods = input.placement.problem.iter().chain(problems).chain(overdue).chain(&on_lost_node);
    let first = of_pods.chain(&input.refused).min_by_key(|problem| problem.reason)?;
    Some(nodes::unschedulable(first, input.lost_nodes))
}

/// Why a Deployment cannot create its pod.
fn replica_failure(deployment: &Deployment) -> Option<String> {
    let conditions = deployment.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    let failure = conditions.iter().find(|condition| {
        condition.type_.as_deref() == Some("ReplicaFailure") && condition.status.as_deref() == Some("True")
    })?;
    Some(failure.message.clone().unwrap_or_else(|| "the server's pod cannot be made".to_owned()))
}

fn server_not_ready(server: Option<&ObservedPod>) -> String {
    match server {
        None => "the server's pod does not exist yet".to_owned(),
        Some(ObservedPod { name, node: None, .. }) => format!("{name} is not scheduled yet"),
        Some(ObservedPod { name, node: Some(node), awaits, last_end, .. }) => {
            let awaits = awaits.as_deref().unwrap_or("is not ready yet");
            let before = last_end.as_ref().map(|end| format!("; it ended before: {end}")).unwrap_or_default();
            format!("{name} on node {node} {awaits}{before}")
        }
    }
}

/// The first client that had media and has none, as far as the kubelet knows: before any report says so.
fn lost_by_pods(
    pods: &ObservedPods,
    nearly_done: &BTreeSet<u32>,
    served: usize,
    wanted: usize,
) -> Option<Explanation> {
    let ends = |pod: &ObservedPod| pod.index.is_some_and(|index| nearly_done.contains(&index));
    let lost = pods.clients.iter().find(|pod| pod.was_ready && !ends(pod))?;
    let node = lost.node.as_deref().unwrap_or("unknown");
    let message = format!(
        "{served} of {wanted} clients are ready: {} on node {node} had media and has decoded no frame within the last 2 s",
        lost.name
    );
    Some(Reason::ClientsLost.with_message(message))
}

fn waiting(pods: &ObservedPods, served: usize, wanted: usize) -> String {
    let counted = format!("{served} of {wanted} clients are ready");
    let next = pods.clients.iter().find(|pod| pod.ready_since.is_none() && !pod.succeeded);
    match next {
        None => match &pods.last_failure {
            Some(failure) => format!("{counted}: {failure}, and its replacement does not exist yet"),
            None => format!("{counted}: pods do not exist yet"),
        },
        Some(ObservedPod { name, node: None, .. }) => format!("{counted}: {name} is not scheduled yet"),
        Some(ObservedPod { name, node: Some(node), awaits, .. }) => {
            let awaits = awaits.as_deref().unwrap_or("has not decoded a frame within the last 2 s");
            format!("{counted}: {name} on node {node} {awaits}")
        }
    }
}

/// What the reports say of clients that had media and have none: they know long before the pods' probes do. Reports that
/// came too long ago say nothing.
fn lost(input: &Input<'_>) -> Option<Explanation> {
    let of_clients = input.view.clients.values().map(|client| client.received);
    let newest = of_clients.chain(input.view.server.as_ref().map(|server| server.received)).max()?;
    let age = input.clock.now.saturating_duration_since(newest);
    let message = input.view.lost.as_deref().filter(|_| age < REPORT_SILENCE)?;
    Some(Reason::ClientsLost.with_message(message))
}

/// All clients are ready, as far as the kubelet says: whether the server reports, without which nothing is known of media. A server
/// that became ready after them has to have reported media to them: they may still be ready by that of the one before.
fn reported(
    input: &Input<'_>,
    pods: &ObservedPods,
    wanted: &WantedClients,
) -> (Explanation, Option<Duration>) {
    let Clock { now, time, watching_since } = input.clock;
    let ready = Reason::Ready.with_message(match wanted.count() {
        0 => "the server is ready; no clients are asked for".to_owned(),
        _ => format!("{}{}", flows(pods, wanted), input.placement.words()),
    });
    let of_clients = pods.clients.iter().filter_map(|pod| pod.ready_since).max();
    let Some((server, of_server)) =
        pods.server.as_ref().and_then(|server| Some((server, server.ready_since?)))
    else {
        return (ready, None);
    };
    // Clients that are done are not reported of.
    if of_clients.is_none() && !wanted.is_empty() {
        return (ready, None);
    }
    let ready_since = of_clients.map_or(of_server, |of_clients| of_clients.max(of_server));
    let report = input.view.server.as_ref().filter(|report| report.pod == server.name);
    let last_report = report.map(|report| report.received);
    let last = last_report.map_or(watching_since, |at| at.max(watching_since));
    let was_ready = was_ready(input, of_server);
    let since_report = now.saturating_duration_since(last);
    let since_ready = between(ready_since, time);
    let silent = since_report.min(since_ready);
    if let Some(lost) = lost(input) {
        return (lost, Some(REPORT_SILENCE));
    }
    let subject = if wanted.is_empty() { "the server is ready" } else { "clients are ready" };
    let by_another_way =
        bypassed(input.session, input.reached, pods.server.as_ref(), input.view.server.as_ref());
    let is_server_newer = of_clients.is_some_and(|of_clients| of_clients < of_server);
    if let Some(report) = report.filter(|_| is_server_newer && !was_ready) {
        let (reached, all) = reached_by(report, input, pods);
        if reached < all.min(MAX_ROWS) {
            let message = format!(
                "clients became ready before the server did, which has reported media to {reached} of {all} of them so far"
            );
            return (Reason::WaitingForClients.with_message(message), Some(NEXT_REPORT));
        }
    }
    match REPORT_SILENCE.checked_sub(silent).filter(|left| !left.is_zero()) {
        Some(left) if last_report.is_some() || was_ready => (by_another_way.unwrap_or(ready), Some(left)),
        Some(left) => {
            let message = format!("{subject}, and the first report of the server has not come yet");
            (Reason::ServerNotReady.with_message(message), Some(left))
        }
        None => {
            let message = format!(
                "{subject}, but no report of the server came for 30 s: check its log, and NetworkPolicy from its pod to the \
                 operator"
            );
            (Reason::NoReports.with_message(message), None)
        }
    }
}

fn flows(pods: &ObservedPods, wanted: &WantedClients) -> String {
    let measures = |pod: &&ObservedPod| {
        pod.index.is_some_and(|index| wanted.contains(index) && !pods.finished.contains(&index))
    };
    let wanted = wanted.count();
    match pods.ready_clients().filter(measures).count() {
        0 => format!("media has flowed to {wanted} of {wanted} clients for as long as it was to"),
        flows if flows < wanted => {
            format!(
                "media flows to {flows} of {wanted} clients, and has flowed to the others for as long as it was to"
            )
        }
        _ => format!("media flows to {wanted} of {wanted} clients"),
    }
}

/// Of the ready clients that are not done, those that the server has reported frames of, and all.
fn reached_by(report: &ServerView, input: &Input<'_>, pods: &ObservedPods) -> (usize, usize) {
    let name = input.session.client_name();
    let indexes = pods.ready_indexes().into_iter();
    let indexes =
        indexes.filter(|index| input.session.clients.contains(*index) && !pods.finished.contains(index));
    let ids: Vec<_> = indexes.map(|index| format!("{name}-{index}")).collect();
    let has_frames = |row: &&ClientRow| {
        let Frames { matched, estimated, late, undetected, .. } = row.frames;
        row.state == State::Connected && [matched, estimated, late, undetected] != [0; 4]
    };
    let reached = report.rows.iter().filter(has_frames).filter(|row| ids.contains(&row.id));
    (reached.count(), ids.len())
}

/// Whether the session was ready until now by a server that was so since: an operator that has just started has not heard of it yet.
fn was_ready(input: &Input<'_>, of_server: Timestamp) -> bool {
    find(&input.stored.conditions, READY)
        .is_some_and(|ready| ready.status == "True" && ready.last_transition_time.0 >= of_server)
}
