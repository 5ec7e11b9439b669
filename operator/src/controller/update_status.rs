//! Writes the controller's part of the status, where it is not what is stored, and only on top of what it was computed from:
//! what is shown explains the conditions of the other writer as well.

use std::time::{Duration, Instant};

use crds::contract::CONTROLLER_FIELD_MANAGER;
use crds::{BallSessionStatus, Run};
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::api_error::describe;
use crate::cluster::Guard;
use crate::controller::context::Controller;
use crate::controller::events::transitions;
use crate::controller::memory::Memory;
use crate::controller::metrics::StatusWrite;
use crate::controller::observe::Owned;
use crate::controller::session_ref::SessionRef;
use crate::leftovers::leftovers;
use crate::session::short_hash;

/// What the session itself is remembered by.
pub(super) const SESSION: &str = "BallSession";

/// A status that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("status write failed: {}", describe(.0))]
pub struct Error(#[from] kube::Error);

/// What became of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is stored.
    Done,
    /// The session was changed meanwhile, or is gone: it has to be reconciled anew.
    Stale,
    /// Somebody writes something else each time: it is left as it is for a while.
    Contested,
    /// Figures in its messages alone are others: it is left as it is for so long.
    PutOff(Duration),
}

/// How soon after another one's write the next attempt comes.
const AGAIN: Duration = Duration::from_millis(100);
/// How soon it is tried again to say what somebody else changes each time.
const CONTESTED: Duration = Duration::from_secs(5);
/// Between two writes where nothing but figures in messages changed.
const FIGURES_INTERVAL: Duration = Duration::from_secs(60);

impl Written {
    fn of(is_stored: bool) -> Self {
        if is_stored { Self::Done } else { Self::Stale }
    }

    /// When to reconcile again for it.
    pub(super) fn again_in(self) -> Option<Duration> {
        match self {
            Self::Done => None,
            Self::Stale => Some(AGAIN),
            Self::Contested => Some(CONTESTED),
            Self::PutOff(left) => Some(left),
        }
    }
}

/// Makes the stored status of a session what it shall be.
///
/// # Errors
/// Where the API server does not take it. That the session is gone, or was changed meanwhile, is none.
pub(super) async fn update_status(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
    owned: &Owned,
) -> Result<Written, Error> {
    let known = Owned::stored(stored);
    if known == *owned {
        controller.metrics.status(StatusWrite::Suppressed);
        return Ok(Written::Done);
    }
    let written = controller.remember(session_ref, |memory| memory.status_written);
    if let Some(left) = put_off(&known, owned, written, Instant::now()) {
        controller.metrics.status(StatusWrite::Suppressed);
        return Ok(Written::PutOff(left));
    }
    let wish = wish(owned);
    let contested = |memory: &mut Memory| {
        memory.contests.differs(SESSION, &wish, CONTROLLER_FIELD_MANAGER, Instant::now())
    };
    if controller.remember(session_ref, contested).is_some() {
        controller.metrics.status(StatusWrite::Suppressed);
        return Ok(Written::Contested);
    }
    let written = apply(controller, session_ref, &known, owned).await?;
    if written.is_some() {
        let now = Instant::now();
        controller.remember(session_ref, |memory| {
            memory.status_written = Some(now);
            memory.contests.applied(SESSION, &wish, now)
        });
    }
    Ok(Written::of(written.is_some()))
}

/// How long `owned` can wait that differs from what is `known` in figures alone, after what was `written` last.
fn put_off(known: &Owned, owned: &Owned, written: Option<Instant>, now: Instant) -> Option<Duration> {
    let left = FIGURES_INTERVAL.checked_sub(now.saturating_duration_since(written?))?;
    (!left.is_zero() && known.says_the_same(owned)).then_some(left)
}

/// The hash of what is to be said, whenever that became so: to say it again after somebody else did not makes it no other wish.
fn wish(owned: &Owned) -> String {
    let mut patch = owned.patch();
    let conditions = patch.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten().filter_map(Value::as_object_mut) {
        condition.remove("lastTransitionTime");
    }
    short_hash(&patch)
}

/// Neither a namesake that came after it, nor another version.
fn metadata(session_ref: &SessionRef) -> Value {
    json!({"name": session_ref.key.name, "uid": session_ref.uid, "resourceVersion": session_ref.version})
}

/// Stores `run`, and leaves all else of the status as it is. What is stored then, and the session as it is referred to;
/// `None` where it was changed meanwhile, or is gone.
///
/// # Errors
/// As [`update_status`].
pub(super) async fn store_run(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
    run: Run,
) -> Result<Option<(SessionRef, BallSessionStatus)>, Error> {
    let known = Owned::stored(stored);
    let owned = known.with_run(run.clone());
    let written = apply(controller, session_ref, &known, &owned).await?;
    Ok(written.map(|session_ref| (session_ref, BallSessionStatus { run: Some(run), ..stored.clone() })))
}

/// Makes `owned` all that this writer has in the status. The session as it is referred to since; `None` where it was changed
/// meanwhile, or is gone.
async fn apply(
    controller: &Controller,
    session_ref: &SessionRef,
    known: &Owned,
    owned: &Owned,
) -> Result<Option<SessionRef>, Error> {
    let mut patch = owned.patch();
    patch["metadata"] = metadata(session_ref);
    let params = PatchParams::apply(CONTROLLER_FIELD_MANAGER).force();
    let sent = send(controller, session_ref, &params, &Patch::Apply(&patch), known, owned).await?;
    let Some(patched) = sent else { return Ok(None) };
    let version = patched.resource_version().unwrap_or_default();
    let mut written = SessionRef { version, ..session_ref.clone() };
    // What cannot be read any more is reconciled otherwise.
    let Ok(patched) = patched.0 else { return Ok(Some(written)) };
    let status = patched.status.unwrap_or_default();
    let stored = Owned::stored(&status);
    if let Some(removals) = leftovers(&stored.patch()["status"], &owned.patch()["status"], &status.conditions)
    {
        let metadata = json!({"uid": written.uid, "resourceVersion": written.version});
        let patch = json!({"metadata": metadata, "status": removals});
        let sent = send(controller, &written, &merging(), &Patch::Merge(&patch), &stored, owned).await?;
        let Some(patched) = sent else { return Ok(None) };
        written.version = patched.resource_version().unwrap_or_default();
    }
    Ok(Some(written))
}

/// For what an apply cannot do.
fn merging() -> PatchParams {
    PatchParams { field_manager: Some(CONTROLLER_FIELD_MANAGER.to_owned()), ..PatchParams::default() }
}

/// Says in the conditions of a session that it cannot be read. For an apply the API server would have to read it as
/// well, so they are merged; and they alone with what is shown of them, because what is merged is not taken away by later
/// applies.
///
/// # Errors
/// As [`update_status`].
pub(super) async fn update_conditions(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
    owned: &Owned,
) -> Result<Written, Error> {
    let conditions = owned.conditions_among(&stored.conditions);
    let (known, shown) = (Owned::stored(stored), owned.shown());
    if stored.conditions == conditions && known.shown() == shown {
        controller.metrics.status(StatusWrite::Suppressed);
        return Ok(Written::Done);
    }
    let patch = json!({
        "metadata": {"uid": session_ref.uid, "resourceVersion": session_ref.version},
        "status": {
            "observedGeneration": session_ref.generation, "conditions": conditions,
            "display": {"reason": shown.0, "message": shown.1}
        }
    });
    let written = send(controller, session_ref, &merging(), &Patch::Merge(&patch), &known, owned).await?;
    Ok(Written::of(written.is_some()))
}

/// What was written; `None` where there is another one by now, or none.
async fn send(
    controller: &Controller,
    session_ref: &SessionRef,
    params: &PatchParams,
    patch: &Patch<&Value>,
    stored: &Owned,
    owned: &Owned,
) -> Result<Option<Guard>, Error> {
    let sessions = session_ref.api(&controller.client);
    match sessions.patch_status(&session_ref.key.name, params, patch).await {
        Ok(patched) => {
            controller.metrics.status(StatusWrite::Done);
            let version = patched.resource_version().unwrap_or_default();
            if version != session_ref.version {
                written(controller, session_ref, stored, owned);
            }
            Ok(Some(patched))
        }
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
        Err(kube::Error::Api(status)) if status.is_conflict() => {
            controller.metrics.status(StatusWrite::Conflicting);
            // The watch may not have brought the other version yet.
            controller.remember(session_ref, |memory| memory.supersede(SESSION, &session_ref.version));
            Ok(None)
        }
        Err(error) => {
            controller.metrics.status(StatusWrite::Failed);
            Err(error.into())
        }
    }
}

/// After a write what was observed is outdated, and transitions are facts.
fn written(controller: &Controller, session_ref: &SessionRef, stored: &Owned, owned: &Owned) {
    controller.remember(session_ref, |memory| memory.supersede(SESSION, &session_ref.version));
    for event in transitions(stored, owned) {
        controller.events.publish(&session_ref.reference, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_figures_alone_are_written_once_a_minute() {
        let owned = |ready: i32, message: &str| {
            let condition = json!({"type": "Ready", "status": "False", "reason": "MediaBlocked", "message": message,
                                   "lastTransitionTime": "2026-01-01T00:00:00Z"});
            let display = json!({"reason": "MediaBlocked", "message": message});
            let status = json!({"conditions": [condition], "display": display, "readyClients": ready});
            Owned::stored(&serde_json::from_value(status).unwrap())
        };
        let (known, start) = (owned(0, "signalling ok in 7 ms, no UDP"), Instant::now());
        let left = |other: &Owned, written: Option<u64>| {
            let now = start + Duration::from_secs(100);
            let written = written.map(|second| start + Duration::from_secs(second));
            put_off(&known, other, written, now).map(|left| left.as_secs())
        };
        let other_figure = owned(0, "signalling ok in 9 ms, no UDP");
        let written = [None, Some(30), Some(40), Some(41), Some(100)];
        assert_eq!(
            written.map(|written| left(&other_figure, written)),
            [None, None, None, Some(1), Some(60)]
        );
        assert_eq!(left(&owned(0, "signalling ok in 9 ms, no DTLS"), Some(100)), None);
        assert_eq!(left(&owned(1, "signalling ok in 7 ms, no UDP"), Some(100)), None);
    }

    #[test]
    fn a_wish_is_the_same_whenever_it_is_said() {
        let ready = |status: &str, time: &str| {
            let condition = json!({"type": "Ready", "status": status, "reason": "Ready", "message": "m",
                                   "lastTransitionTime": time});
            let status = json!({"conditions": [condition]});
            wish(&Owned::stored(&serde_json::from_value(status).unwrap()))
        };
        let first = ready("True", "2026-01-01T00:00:00Z");
        assert_eq!(ready("True", "2026-01-01T00:00:05Z"), first);
        assert_ne!(ready("False", "2026-01-01T00:00:00Z"), first);
    }
}
