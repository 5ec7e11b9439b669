//! What the pods of a run are made of, in the status. The controller's.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

/// Templates that are known of a part's pods: the one that they began with, and the last of those that versions of the operator
/// made replacements of since.
pub const MAX_TEMPLATES: usize = 4;

/// What the pods of a run are made of, so that what another version of the operator makes otherwise can be told from what is
/// asked for otherwise.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct PodTemplates {
    /// The server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<PartTemplates>,
    /// The clients'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<PartTemplates>,
    /// When the session had its turn to move to what another version of the operator makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_at: Option<Time>,
}

/// What the pods of a part of a session are made of.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct PartTemplates {
    /// A hash of what was asked for of them.
    #[schemars(length(max = 64))]
    pub asked: String,
    /// Hashes of their templates, the one that they began with first. None of a part that is about to be made anew, by
    /// whatever version of the operator there is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_TEMPLATES), transform = hashes)]
    pub hashes: Vec<String>,
}

fn hashes(schema: &mut Schema) {
    schema.insert("items".into(), serde_json::json!({"type": "string", "maxLength": 64}));
    schema.insert("x-kubernetes-list-type".into(), "atomic".into());
}
