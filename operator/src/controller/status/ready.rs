//! Whether media flows to every client, and if not, what keeps it from that.

use std::time::Duration;

use crds::contract::REPORT_SILENCE;
use k8s_openapi::api::apps::v1::Deployment;

use super::complete::Complete;
use super::pods::{PodFacts, Pods};
use super::reason::{Reason, Verdict};
use super::{Clock, Input, stages};
use crate::run::RunStage;

/// The first reason that applies, and when to look again although nothing happened.
pub(super) fn ready(input: &Input<'_>, pods: &Pods) -> (Verdict, Option<Duration>) {
    if let Some(verdict) = without_pods(input).or_else(|| pods_in_trouble(input, pods)) {
        return (verdict, None);
    }
    if pods.server.as_ref().is_none_or(|server| server.ready_since.is_none()) {
        return (Reason::ServerNotReady.because(server_not_ready(pods.server.as_ref())), None);
    }
    let wanted = usize::try_from(input.session.spec.clients).unwrap_or_default();
    if wanted == 0 {
        return (Reason::Ready.because("the server is ready; no clients are asked for"), None);
    }
    let served = pods.clients.iter().filter(|pod| pod.ready_since.is_some() || pod.succeeded).count();
    if served < wanted {
        let stuck = stages::first_broken(input.session, pods.server.as_ref(), &pods.clients, input.view);
        let verdict = stuck.unwrap_or_else(|| {
            Reason::WaitingForClients.because(waiting(input, &pods.clients, served, wanted))
        });
        return (verdict, None);
    }
    silence(input, pods, wanted)
}

/// What does not depend on the pods.
fn without_pods(input: &Input<'_>) -> Option<Verdict> {
    if input.complete.is_over() {
        let how = match input.complete {
            Complete::DeadlineExceeded => "the run was given up at its deadline",
            _ => "the run is over",
        };
        return Some(Reason::Completed.because(format!("{how}: its numbers stay as they are")));
    }
    (input.session.stage == RunStage::Suspended)
        .then(|| Reason::Suspended.because("spec.suspend is true: there are no pods"))
}

/// What keeps pods from existing, or from coming up.
fn pods_in_trouble(input: &Input<'_>, pods: &Pods) -> Option<Verdict> {
    let server = input.applied.server_deployment.as_ref().and_then(refused_replica);
    if let Some(message) = server.or(input.refused_client.map(str::to_owned)) {
        return Some(Reason::PodsForbidden.because(message));
    }
    pods.all().filter_map(|pod| pod.trouble.as_ref()).min_by_key(|trouble| trouble.reason).cloned()
}

/// Why a Deployment cannot make its pod.
fn refused_replica(deployment: &Deployment) -> Option<String> {
    let conditions = deployment.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    let failure = conditions.iter().find(|condition| {
        condition.type_.as_deref() == Some("ReplicaFailure") && condition.status.as_deref() == Some("True")
    })?;
    Some(failure.message.clone().unwrap_or_else(|| "the server's pod cannot be made".to_owned()))
}

fn server_not_ready(server: Option<&PodFacts>) -> String {
    match server {
        None => "the server's pod does not exist yet".to_owned(),
        Some(PodFacts { name, node: None, .. }) => format!("{name} is not scheduled yet"),
        Some(PodFacts { name, node: Some(node), .. }) => format!("{name} on node {node} is not ready yet"),
    }
}

fn waiting(input: &Input<'_>, clients: &[PodFacts], served: usize, wanted: usize) -> String {
    let counted = format!("{served} of {wanted} clients are ready");
    if input.applied.client_job.is_none() {
        return format!("{counted}: their Job is being made anew");
    }
    let next = clients.iter().find(|pod| pod.ready_since.is_none() && !pod.succeeded);
    match next {
        None => format!("{counted}: pods do not exist yet"),
        Some(PodFacts { name, node: None, .. }) => format!("{counted}: {name} is not scheduled yet"),
        Some(PodFacts { name, node: Some(node), .. }) => {
            format!("{counted}: {name} on node {node} has not decoded a frame within the last 2 s")
        }
    }
}

/// All clients are ready: whether the server says so as well.
fn silence(input: &Input<'_>, pods: &Pods, wanted: usize) -> (Verdict, Option<Duration>) {
    let Clock { now, time, watching_since } = input.clock;
    let ready = Reason::Ready.because(format!("media flows to {wanted} of {wanted} clients"));
    // Clients that are done are not reported of.
    let Some(ready_since) = pods.clients.iter().filter_map(|pod| pod.ready_since).max() else {
        return (ready, None);
    };
    let last_report = input.view.server.as_ref().map(|server| server.received);
    let heard = last_report.max(input.view.excused_until).map_or(watching_since, |at| at.max(watching_since));
    let since_report = now.saturating_duration_since(heard);
    let since_ready = Duration::try_from(time.duration_since(ready_since)).unwrap_or_default();
    let silent = since_report.min(since_ready);
    match REPORT_SILENCE.checked_sub(silent).filter(|left| !left.is_zero()) {
        Some(left) => (ready, Some(left)),
        None => {
            let message = "clients are ready, but no report of the server came for 30 s: check its log, and NetworkPolicy from \
                           its pod to the operator";
            (Reason::NoReports.because(message), None)
        }
    }
}
