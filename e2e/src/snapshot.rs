//! A session at one time.

use std::fmt;

use anyhow::{Context, Result, ensure};
use crds::{BallSession, BallSessionSpec, BallSessionStatus, Measurements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// A session at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot(BallSession);

impl From<BallSession> for Snapshot {
    fn from(session: BallSession) -> Self {
        Self(session)
    }
}

impl Snapshot {
    /// Its status.
    ///
    /// # Errors
    /// Where it has none yet.
    pub fn status(&self) -> Result<&BallSessionStatus> {
        self.0.status.as_ref().context("the session has no status")
    }

    /// What it asks for.
    pub fn spec(&self) -> &BallSessionSpec {
        &self.0.spec
    }

    /// Its numbers.
    ///
    /// # Errors
    /// Where it has none yet.
    pub fn measurements(&self) -> Result<&Measurements> {
        self.status()?.measurements.as_ref().context("the session has no measurements")
    }

    /// One of its conditions.
    ///
    /// # Errors
    /// Where it does not have it, or has it for an older spec.
    pub fn condition(&self, kind: &str) -> Result<&Condition> {
        let condition = self.status()?.conditions.iter().find(|condition| condition.type_ == kind);
        let condition = condition.with_context(|| format!("the session has no condition {kind}"))?;
        ensure!(
            condition.observed_generation == self.0.metadata.generation,
            "condition {kind} is about generation {:?}, the spec is of {:?}",
            condition.observed_generation,
            self.0.metadata.generation
        );
        Ok(condition)
    }

    /// Whether a condition has this status.
    ///
    /// # Errors
    /// Where it has another one.
    pub fn is(&self, kind: &str, status: &str) -> Result<()> {
        let condition = self.condition(kind)?;
        ensure!(condition.status == status, "{kind} is not {status}");
        Ok(())
    }

    /// Whether a condition has this status for this reason; its message.
    ///
    /// # Errors
    /// Where it has another status, or another reason.
    pub fn because(&self, kind: &str, status: &str, reason: &str) -> Result<&str> {
        let condition = self.condition(kind)?;
        ensure!(
            condition.status == status && condition.reason == reason,
            "{kind} is not {status} for the reason {reason}"
        );
        Ok(&condition.message)
    }

    /// Whether media flows to so many clients, and the numbers are good enough.
    ///
    /// # Errors
    /// Where that is not so.
    pub fn works_with(&self, clients: i32) -> Result<()> {
        self.is("Ready", "True")?;
        self.is("ObjectivesMet", "True")?;
        let shown = self.status()?.display.as_ref().and_then(|display| display.reason.as_deref());
        ensure!(shown.unwrap_or_default().is_empty(), "it works, and says {shown:?}");
        let ready = self.status()?.ready_clients;
        ensure!(ready == Some(clients), "{ready:?} clients are ready, not {clients}");
        Ok(())
    }

    /// Whether it is a later state of the same run of the same server: nothing that it counts has gone back.
    ///
    /// # Errors
    /// Where something has.
    pub fn goes_on_from(&self, earlier: &Self) -> Result<()> {
        let (now, then) = (self.status()?, earlier.status()?);
        let started =
            |status: &BallSessionStatus| status.measurements.as_ref().map(|it| it.started_at.clone());
        ensure!(started(now) == started(then), "the numbers are of another server process, or gone");
        ensure!(now.server_restarts == then.server_restarts, "serverRestarts has changed");
        ensure!(now.error_count >= then.error_count, "errorCount has gone back");
        for client in &then.clients {
            let same = now.clients.iter().find(|candidate| candidate.id == client.id);
            let same = same.with_context(|| format!("the row of {} is gone", client.id))?;
            ensure!(same.reconnects >= client.reconnects, "reconnects of {} have gone back", client.id);
        }
        Ok(())
    }
}

/// In one line, for the messages of scenarios that wait in vain.
impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.metadata.name.as_deref().unwrap_or_default();
        let Some(status) = &self.0.status else { return write!(f, "{name} has no status") };
        let display = status.display.clone().unwrap_or_default();
        write!(f, "{name}:")?;
        for Condition { type_, status, reason, message, .. } in &status.conditions {
            write!(f, " {type_}={status} ({reason}: {message});")?;
        }
        let shown = [display.clients, display.error_p95, display.latency_p95, display.loss];
        write!(f, " {}", shown.map(|text| text.unwrap_or_else(|| "-".into())).join(" "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn snapshot(generation: i64, status: &Value) -> Snapshot {
        let object = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
            "metadata": {"name": "harbor", "generation": generation}, "spec": {}, "status": status
        });
        Snapshot(serde_json::from_value(object).unwrap())
    }

    fn ready(status: &str, reason: &str) -> Value {
        json!({"readyClients": 1, "conditions": [{
            "type": "Ready", "status": status, "reason": reason, "message": "told", "observedGeneration": 2,
            "lastTransitionTime": "2026-01-01T00:00:00Z"
        }]})
    }

    #[test]
    fn conditions_count_for_the_spec_they_are_about() {
        let current = snapshot(2, &ready("False", "MediaBlocked"));
        assert_eq!(current.because("Ready", "False", "MediaBlocked").unwrap(), "told");
        assert!(current.because("Ready", "False", "Suspended").is_err());
        assert!(current.is("Ready", "True").is_err() && current.is("Complete", "False").is_err());
        assert!(snapshot(3, &ready("False", "MediaBlocked")).is("Ready", "False").is_err());
        assert_eq!(current.to_string(), "harbor: Ready=False (MediaBlocked: told); - - - -");
    }

    #[test]
    fn what_goes_back_is_noticed() {
        let numbers = |restarts: i64, errors: i64, started: &str| {
            snapshot(
                1,
                &json!({
                    "serverRestarts": restarts, "errorCount": errors, "measurements": {"startedAt": started},
                    "clients": [{"id": "harbor-client-0", "reconnects": errors}]
                }),
            )
        };
        let first = numbers(0, 1, "2026-01-01T00:00:00Z");
        assert!(numbers(0, 2, "2026-01-01T00:00:00Z").goes_on_from(&first).is_ok());
        for back in [
            numbers(0, 0, "2026-01-01T00:00:00Z"),
            numbers(1, 1, "2026-01-01T00:00:00Z"),
            numbers(0, 1, "2026-01-01T00:00:09Z"),
            snapshot(1, &json!({"serverRestarts": 0, "errorCount": 1})),
        ] {
            assert!(back.goes_on_from(&first).is_err(), "{back:?}");
        }
    }
}
