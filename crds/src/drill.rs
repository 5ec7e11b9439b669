//! What is asked of the session's server while its clients stream, and what became of it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::core::Rule;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::rule::add_rule;

/// A drill: something is taken from the session on purpose, to see how long its clients are without pictures.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Drill {
    /// So long after every client has media, 5s to 24h. In a session with a duration it has to be shorter than that.
    #[schemars(transform = limits::DRILL_AFTER.rule())]
    pub after: String,
    /// What happens: RestartServer deletes the server's pod, and another one takes its place.
    pub kind: DrillKind,
}

impl Default for Drill {
    fn default() -> Self {
        Self { after: "30s".into(), kind: DrillKind::default() }
    }
}

/// What happens in a drill.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DrillKind {
    /// The server's pod is replaced.
    #[default]
    RestartServer,
}

impl DrillKind {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestartServer => "RestartServer",
        }
    }
}

/// The drill of a run: what is asked for, since when clients stream, and the pod that was deleted. Stored before the pod is
/// deleted, so that there is one drill and no other.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct DrillRun {
    /// The spec.drill that it is about, such as RestartServer after 30s.
    #[schemars(length(max = 64))]
    pub asked: String,
    /// Since when every client has had media, and its pod has been ready: spec.drill.after counts from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streaming_since: Option<Time>,
    /// When the server's pod was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// The UID of the pod that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub pod: Option<String>,
}

/// A run has to outlast its drill.
pub(crate) fn within_duration(schema: &mut Schema) {
    let rule = Rule {
        field_path: Some(".drill.after".into()),
        ..Rule::new(
            "!has(self.drill) || !has(self.duration) || duration(self.drill.after) < duration(self.duration)",
        )
        .message(
            "spec.drill.after must be shorter than spec.duration: the run would be over before its drill",
        )
    };
    add_rule(schema, rule);
}
