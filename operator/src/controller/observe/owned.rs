//! The controller's part of the status. The rest belongs to the reports' writer, save for the reason and message that are
//! shown, which both write. Applying a status with fewer fields takes the others away: this is always complete.

use crds::contract::{COMPLETE, READY, STALLED};
use crds::{BallSession, BallSessionStatus, Display, Objectives, PastRun, Run};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Resource;
use serde_json::{Value, json};

use crate::conditions::find;
use crate::display::Shown;
use crate::figures::without_figures;

/// What the controller writes into the status.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::controller) struct Owned {
    pub(super) observed_generation: Option<i64>,
    pub(super) ready: Option<Condition>,
    pub(super) complete: Option<Condition>,
    /// Only while waiting does not help.
    pub(super) stalled: Option<Condition>,
    pub(super) clients: Option<String>,
    pub(super) server_node: Option<String>,
    pub(super) path: Option<String>,
    pub(super) server_zone: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    pub(super) ready_clients: Option<i32>,
    pub(super) selector: Option<String>,
    pub(super) run: Option<Run>,
    pub(super) history: Vec<PastRun>,
}

impl Owned {
    /// The controller's part of what is stored.
    pub(in crate::controller) fn stored(status: &BallSessionStatus) -> Self {
        let display = status.display.clone().unwrap_or_default();
        Self {
            observed_generation: status.observed_generation,
            ready: find(&status.conditions, READY).cloned(),
            complete: find(&status.conditions, COMPLETE).cloned(),
            stalled: find(&status.conditions, STALLED).cloned(),
            clients: display.clients,
            server_node: display.server_node,
            path: display.path,
            server_zone: display.server_zone,
            reason: display.reason,
            message: display.message,
            ready_clients: status.ready_clients,
            selector: status.selector.clone(),
            run: status.run.clone(),
            history: status.history.clone(),
        }
    }

    /// Whether both say the same, whatever figures are in their messages.
    pub(in crate::controller) fn says_the_same(&self, other: &Self) -> bool {
        self.without_figures() == other.without_figures()
    }

    fn without_figures(&self) -> Self {
        let plain = |condition: &Option<Condition>| {
            condition
                .clone()
                .map(|condition| Condition { message: without_figures(&condition.message), ..condition })
        };
        Self {
            ready: plain(&self.ready),
            complete: plain(&self.complete),
            stalled: plain(&self.stalled),
            message: self.message.as_deref().map(without_figures),
            ..self.clone()
        }
    }

    /// The same about a run.
    pub(in crate::controller) fn with_run(&self, run: Run) -> Self {
        Self { run: Some(run), ..self.clone() }
    }

    /// As a patch for server-side apply.
    pub(in crate::controller) fn patch(&self) -> Value {
        let status = BallSessionStatus {
            observed_generation: self.observed_generation,
            conditions: self.conditions().cloned().collect(),
            display: Some(Display {
                clients: self.clients.clone(),
                server_node: self.server_node.clone(),
                path: self.path.clone(),
                server_zone: self.server_zone.clone(),
                reason: self.reason.clone(),
                message: self.message.clone(),
                ..Display::default()
            }),
            ready_clients: self.ready_clients,
            selector: self.selector.clone(),
            run: self.run.clone(),
            history: self.history.clone(),
            ..BallSessionStatus::default()
        };
        json!({"apiVersion": BallSession::api_version(&()), "kind": BallSession::kind(&()), "status": status})
    }

    /// All conditions there are when ours are set among those that are stored.
    pub(in crate::controller) fn conditions_among(&self, stored: &[Condition]) -> Vec<Condition> {
        let mut conditions = stored.to_vec();
        if self.stalled.is_none() {
            conditions.retain(|condition| condition.type_ != STALLED);
        }
        for ours in self.conditions() {
            match conditions.iter_mut().find(|condition| condition.type_ == ours.type_) {
                Some(condition) => *condition = ours.clone(),
                None => conditions.push(ours.clone()),
            }
        }
        conditions
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.ready.iter().chain(&self.complete).chain(&self.stalled)
    }

    /// The reason and message that are shown.
    pub(in crate::controller) fn shown(&self) -> (Option<&str>, Option<&str>) {
        (self.reason.as_deref(), self.message.as_deref())
    }

    /// The condition Ready.
    pub(in crate::controller) fn ready(&self) -> Option<&Condition> {
        self.ready.as_ref()
    }

    /// The condition Complete.
    pub(in crate::controller) fn complete(&self) -> Option<&Condition> {
        self.complete.as_ref()
    }

    /// Sets what `kubectl get` shows as reason and message of the session whose status was `stored` until now, and which was
    /// judged by these `objectives`, where they are known.
    pub(super) fn explain(&mut self, stored: &BallSessionStatus, objectives: Option<&Objectives>) {
        let shown = Shown::of(&self.conditions_among(&stored.conditions), objectives);
        (self.reason, self.message) = shown.fields(stored.display.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patch_has_every_field_of_ours_and_none_of_others() {
        let condition = |kind: &str| {
            json!({"type": kind, "status": "False", "reason": "Tested", "message": "m",
                   "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 3})
        };
        let ours = json!({
            "observedGeneration": 3,
            "conditions": [condition("Ready"), condition("Complete"), condition("Stalled")],
            "display": {"clients": "1/2", "serverNode": "a", "path": "PodIP", "reason": "Tested", "message": "m"},
            "readyClients": 1, "selector": "a=b",
            "run": {"hash": "abc", "name": "monday", "spec": "much", "startedAt": "2026-01-01T00:00:00Z",
                    "endedAt": "2026-01-01T00:05:00Z", "outcome": "Finished", "images": {"server": "s:1"}},
            "history": [{"run": "sunday", "hash": "abd", "verdict": "True", "reason": "Met", "loss": "0.00%"}]
        });
        let mut stored = ours.clone();
        stored["conditions"].as_array_mut().unwrap().insert(0, condition("ObjectivesMet"));
        stored["display"]["loss"] = json!("0.00%");
        stored["errorCount"] = json!(7);
        stored["serverRestarts"] = json!(1);
        stored["measurements"] = json!({"lossPercent": "1"});
        let owned = Owned::stored(&serde_json::from_value(stored).unwrap());
        let types = |stored: &[Condition]| -> Vec<String> {
            owned.conditions_among(stored).into_iter().map(|condition| condition.type_).collect()
        };
        let met: Condition = serde_json::from_value(condition("ObjectivesMet")).unwrap();
        assert_eq!(types(&[]), ["Ready", "Complete", "Stalled"]);
        assert_eq!(
            types(&[owned.complete.clone().unwrap(), met]),
            ["Complete", "ObjectivesMet", "Ready", "Stalled"]
        );
        let healed = Owned { stalled: None, ..owned.clone() };
        assert_eq!(
            healed.conditions_among(&owned.conditions_among(&[])).len(),
            2,
            "what is over is taken out"
        );
        assert_eq!(
            owned.patch(),
            json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "status": ours})
        );
    }
}
