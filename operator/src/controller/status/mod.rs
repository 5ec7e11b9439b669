//! The controller's part of the status, computed from what was applied, from the pods and from the reports. Pure: the
//! time is given.

mod complete;
mod conditions;
mod owned;
mod pods;
mod ready;
mod reason;
mod stages;
#[cfg(test)]
mod tests;
mod unmet;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::contract::{COMPLETE, READY};
use crds::{BallSessionStatus, Run};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

pub(super) use complete::{Complete, by_job};
pub(super) use conditions::{bounded, find};
pub(super) use owned::Owned;
pub(super) use reason::{Reason, Verdict};

use crate::controller::resources::{Applied, Resources};
use crate::report_source::View;
use crate::session::Session;
use crate::session::labels::{self, Component};
use conditions::condition;
use pods::Pods;

/// The time, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// On the clock that reports are received by.
    pub(super) now: Instant,
    /// On the clock of the API.
    pub(super) time: Timestamp,
    /// Since when this process could have received reports.
    pub(super) watching_since: Instant,
}

/// What the status is made of.
pub(super) struct Input<'a> {
    pub(super) session: &'a Session,
    pub(super) applied: &'a Resources<Applied>,
    pub(super) pods: &'a [Arc<Pod>],
    pub(super) view: &'a View,
    /// What is stored now.
    pub(super) stored: &'a BallSessionStatus,
    /// The generation of the spec that all of this is about.
    pub(super) generation: Option<i64>,
    /// How the run stands.
    pub(super) complete: Complete,
    /// Whether the numbers of any other run are out of the way.
    pub(super) begun: bool,
    /// Why the Job cannot make pods.
    pub(super) refused_client: Option<&'a str>,
    pub(super) clock: Clock,
}

/// The status, and when to compute it again although nothing happened.
pub(super) fn status(input: &Input<'_>) -> (Owned, Option<Duration>) {
    let Input { session, stored, clock, .. } = *input;
    let pods = Pods::of(input.pods, input.applied.client_job.as_ref());
    let (verdict, recheck) = ready::ready(input, &pods);
    let ready_clients = pods.ready_clients();
    let conditions = |kind: &str, status: bool, reason: &str, message: &str| {
        condition(kind, status, reason, message, input.generation, &stored.conditions, clock.time)
    };
    let is_ready = verdict.reason == Reason::Ready;
    let complete = input.complete;
    let message = complete.message(session.spec.duration.as_deref());
    let run = Run { hash: session.run_hash.clone() };
    let mut owned = Owned {
        observed_generation: input.generation,
        ready: Some(conditions(READY, is_ready, verdict.reason.as_str(), &verdict.message)),
        complete: Some(conditions(COMPLETE, complete.is_over(), complete.as_str(), &message)),
        clients: Some(format!("{ready_clients}/{}", session.spec.clients)),
        server_node: pods.server.and_then(|server| server.node),
        reason: None,
        message: None,
        ready_clients: Some(i32::try_from(ready_clients).unwrap_or(i32::MAX)),
        selector: Some(labels::selector_text(&session.name, Component::Client)),
        // Until then it is the old run's numbers that stand in the status.
        run: if input.begun { Some(run) } else { stored.run.clone() },
    };
    owned.explain(&stored.conditions, &session.spec.objectives);
    (owned, recheck)
}

/// The pods that a Job has.
pub(super) fn client_pods(pods: &[Arc<Pod>], job: &Job) -> usize {
    Pods::of(pods, Some(job)).clients.len()
}

/// What is known of a run that cannot be run as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused<'a> {
    /// Its hash, where it makes sense at all.
    pub(super) run: Option<&'a str>,
    /// Whether it shall have an end.
    pub(super) is_bounded: bool,
    /// The generation of the spec that asks for it.
    pub(super) generation: Option<i64>,
}

/// The status of a session that cannot be run as it is: all else stays as it was found. Whether a run is complete is no
/// word on another one; but where what is asked for makes no sense, there is no other.
pub(super) fn refused(
    verdict: &Verdict,
    stored: &BallSessionStatus,
    refused: Refused<'_>,
    time: Timestamp,
) -> Owned {
    let Refused { run, is_bounded, generation } = refused;
    let mut owned = Owned::stored(stored);
    let is_other_run = run.is_some() && run != stored.run.as_ref().map(|run| run.hash.as_str());
    let known = owned.complete.take().filter(|_| !is_other_run);
    let conditions = &stored.conditions;
    let ready =
        condition(READY, false, verdict.reason.as_str(), &verdict.message, generation, conditions, time);
    let complete = known.map_or_else(
        || {
            let complete = if is_bounded { Complete::Running } else { Complete::Unbounded };
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
