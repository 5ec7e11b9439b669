//! What is answered.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::Serialize;

use crate::verdict::numbers::Numbers;

/// When somebody should ask again who came too early: servers report every 5 s.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Whether the numbers meet the objectives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// That cannot be said: not yet, or, of a run that is over, not any more.
    Inconclusive,
}

/// What is said of a session.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// It stays, whatever is waited for: the run is over.
    #[serde(rename = "final")]
    pub(crate) is_final: bool,
    /// In a word: that of the condition ObjectivesMet, or why that is not the answer.
    pub(crate) reason: String,
    /// The same in words.
    pub(crate) message: String,
    /// What the evidence points at where the objectives are missed.
    pub(super) cause: Option<String>,
    pub(super) namespace: String,
    pub(super) name: String,
    /// That of the spec which is judged.
    pub(crate) generation: Option<i64>,
    /// That of the spec which the condition is about.
    pub(super) observed_generation: Option<i64>,
    /// Since when the condition says so.
    pub(super) since: Option<Time>,
    /// What was measured: of the last window, or of the whole run once that is over. Only where it is about this spec.
    pub(super) values: Option<Numbers>,
    pub(super) objectives: Option<Numbers>,
    pub(super) run: Option<RunFacts>,
    pub(super) server: Option<ServerFacts>,
    #[serde(skip)]
    pub(crate) ask_again: Duration,
}

/// The run that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunFacts {
    pub(super) name: Option<String>,
    pub(super) hash: String,
    pub(super) started_at: Option<Time>,
    pub(super) ended_at: Option<Time>,
    pub(super) outcome: Option<String>,
}

/// The process of the server that the numbers are of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerFacts {
    pub(super) started_at: Option<Time>,
    pub(super) restarts: Option<i32>,
}

impl Judgement {
    /// Whether somebody acts on it who waits for one.
    pub(crate) fn is_conclusive(&self) -> bool {
        self.verdict != Verdict::Inconclusive || self.is_final
    }

    /// The same without a verdict.
    pub(super) fn unknown(self, reason: &str, message: String) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            is_final: false,
            reason: reason.to_owned(),
            message,
            cause: None,
            since: None,
            values: None,
            ..self
        }
    }
}
