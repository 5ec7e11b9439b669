//! When a session moves to what this operator makes of it: its images, its pod templates, and whatever a version before made.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use kube::runtime::reflector::{ObjectRef, Store};

use crate::cluster::{Guard, Key};
use crate::controller::context::Controller;
use crate::controller::session_ref::SessionRef;
use crate::run::{Move, Rollout, RunStage, has_turn};
use crate::session::Session;
use crate::timestamps::between;

/// How soon to look again at a session that moves.
const MOVING: Duration = Duration::from_secs(5);
/// How soon to look again at one that waits for its turn, in case that nobody names it.
const WAITING: Duration = Duration::from_secs(120);

/// Whether a session moves that `is_outdated`. One without an end does when it is its turn, one that is suspended at once. Of one
/// that `has_turn` pods are made anew by this reconcile.
pub(super) fn of(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    is_outdated: bool,
    has_turn: bool,
) -> Move {
    let (name, now) = (name(session_ref), Instant::now());
    if session.duration.is_some() {
        return Move::Nothing;
    }
    if session.stage == RunStage::Suspended {
        return if is_outdated { Move::Now } else { Move::Nothing };
    }
    with_rollout(controller, |rollout| {
        if has_turn {
            rollout.begin(&name, now);
        }
        match is_outdated {
            false => Move::Nothing,
            true if rollout.may_move(&name, now) => Move::Now,
            true => Move::Waiting,
        }
    })
}

/// Takes note of how far a session has come: where others need not wait for it any more, they have their turn. When to look
/// again, if it moves or waits.
pub(super) fn observed(
    controller: &Controller,
    session_ref: &SessionRef,
    moves: Move,
    is_ready: bool,
    server: Option<&Deployment>,
) -> Option<Duration> {
    let (name, now) = (name(session_ref), Instant::now());
    let has_settled = moves == Move::Nothing && is_ready && server.is_none_or(is_rolled_out);
    let (waited_for, next) = with_rollout(controller, |rollout| {
        if has_settled {
            rollout.settled(&name, now);
        }
        (rollout.waited_for(&name, now), rollout.next(now))
    });
    let turns = next.into_iter().map(|(namespace, name)| ObjectRef::new(&name).within(&namespace));
    controller.watches.pending.enqueue(turns);
    waited_for.map(|left| left.min(MOVING)).or((moves == Move::Waiting).then_some(WAITING))
}

/// The sessions that move as the process before left them.
pub(super) fn resumed(sessions: &Store<Guard>, now: Instant, time: Timestamp) -> Rollout<(String, String)> {
    let mut rollout = Rollout::default();
    for session in sessions.state() {
        let Ok(object) = &session.0 else { continue };
        let run = object.status.as_ref().and_then(|status| status.run.as_ref());
        let Some(templates) = run.and_then(|run| run.pod_templates.as_ref()) else { continue };
        let age = match &templates.moved_at {
            _ if has_turn(templates) => Some(Duration::ZERO),
            moved_at => moved_at.as_ref().map(|moved_at| between(moved_at.0, time)),
        };
        if let Some(age) = age {
            let key = Key::from_obj(&*session);
            rollout.resume((key.namespace.unwrap_or_default(), key.name), age, now);
        }
    }
    rollout
}

/// Forgets a session that is gone.
pub(super) fn forget(controller: &Controller, namespace: Option<&str>, name: &str) {
    let key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
    with_rollout(controller, |rollout| rollout.forget(&key));
}

fn with_rollout<T>(controller: &Controller, then: impl FnOnce(&mut Rollout<(String, String)>) -> T) -> T {
    then(&mut controller.rollout.lock().unwrap_or_else(PoisonError::into_inner))
}

fn name(session_ref: &SessionRef) -> (String, String) {
    (session_ref.key.namespace.clone().unwrap_or_default(), session_ref.key.name.clone())
}

/// Whether the pods of a Deployment are those that it asks for now.
fn is_rolled_out(server: &Deployment) -> bool {
    let Some(status) = &server.status else { return false };
    status.observed_generation >= server.metadata.generation
        && status.updated_replicas == server.spec.replicas
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_has_moved_when_its_pod_is_the_new_one() {
        for (status, is_new) in [
            (json!({"observedGeneration": 1, "updatedReplicas": 1}), false),
            (json!({"observedGeneration": 2, "updatedReplicas": 0}), false),
            (json!({"observedGeneration": 2}), false),
            (json!({"observedGeneration": 2, "updatedReplicas": 1}), true),
        ] {
            let server = json!({"metadata": {"generation": 2}, "status": status,
                                "spec": {"replicas": 1, "selector": {}, "template": {}}});
            assert_eq!(is_rolled_out(&serde_json::from_value(server).unwrap()), is_new, "{status}");
        }
    }
}
