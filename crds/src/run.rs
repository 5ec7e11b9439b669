//! Runs in the status: the one that goes on, or went last, and those before it. The controller's.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::drill::DrillRun;
use crate::limits::{MAX_MESSAGE, MAX_NODES, MAX_RUN_NAME};
use crate::pod_templates::PodTemplates;

/// Bytes of the attempts of a run: those of 100 clients of which each has another one.
pub const MAX_ATTEMPTS: usize = 1400;
/// Bytes of the clients that are done: every other one of 100.
pub const MAX_FINISHED: usize = 300;

/// Bytes of the times for which clients have measured: those of 100 clients that each began at another time.
pub const MAX_MEASURED: usize = 2500;

/// A run: it begins anew when what is measured changes, or spec.run.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Run {
    /// The spec.run that began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_RUN_NAME))]
    pub name: Option<String>,
    /// A hash of video, ball, duration and name.
    #[schemars(length(max = 64))]
    pub hash: String,
    /// What is measured, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub spec: Option<String>,
    /// When it began: that is when spec.startDeadline begins to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// Since when every client of a bounded run has had media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measuring_since: Option<Time>,
    /// Since when a bounded run has been suspended, or without clients that are asked for, while that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<Time>,
    /// For how many seconds that was so before. They count towards no deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended_seconds: Option<i64>,
    /// When a bounded run ended. Its last numbers are in the status when the condition Complete says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// How it ended: Finished, StartDeadlineExceeded or Failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub outcome: Option<String>,
    /// A hash of the objectives that its last numbers were judged by: what is said of them is about no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub judged_by: Option<String>,
    /// Why the session was not ready when the run was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MESSAGE))]
    pub cause: Option<String>,
    /// The last attempt of each client, by index, such as 0-3:1,4:2. Stored before the pod of an attempt is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_ATTEMPTS))]
    pub attempts: Option<String>,
    /// The clients of a bounded run that are done, by index, such as 0-3,7.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_FINISHED))]
    pub finished: Option<String>,
    /// For how many seconds clients of a bounded run have measured that are not done, by index: 4:60 for 60 in attempts that
    /// are over, 0-3:7@41 for 7 in those, and since the second 41 of the run in the one that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MEASURED))]
    pub measured: Option<String>,
    /// Of the placement EachNode the node of each client, by index; empty where a node is none any more. Stored before the
    /// client's pod is created.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_NODES), transform = node_names)]
    pub nodes: Vec<String>,
    /// The images that its pods run, where the session leaves them to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<RunImages>,
    /// What its pods are made of: they stay so whatever another version of the operator makes, until the session moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_templates: Option<PodTemplates>,
    /// Of a run that goes on with what an earlier version of the operator made of it: a hash of what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub adopted: Option<String>,
    /// Its drill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<DrillRun>,
}

/// A name's place says whose it is.
fn node_names(schema: &mut Schema) {
    schema.insert("items".into(), serde_json::json!({"type": "string", "maxLength": 253}));
    schema.insert("x-kubernetes-list-type".into(), "atomic".into());
}

/// The images of a run's pods, where the session leaves them to the operator.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct RunImages {
    /// The server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub server: Option<String>,
    /// The clients'.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub client: Option<String>,
}

/// A run that another one has followed. A run that was cut short by that has the verdict Unknown, the reason Cut and the
/// numbers of its last window.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct PastRun {
    /// The spec.run that began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_RUN_NAME))]
    pub run: Option<String>,
    /// The hash that it had in status.run.
    #[schemars(length(max = 64))]
    pub hash: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended, or was cut short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// Whether its numbers met the objectives: True, False or Unknown.
    #[schemars(length(max = 16))]
    pub verdict: String,
    /// Why they did not.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// 95 of 100 reported positions were not farther off.
    #[serde(skip_serializing_if = "Option::is_none", rename = "errorP95")]
    #[schemars(length(max = 16))]
    pub error_p95: Option<String>,
    /// 95 of 100 reports arrived within this time after their frame's capture.
    #[serde(skip_serializing_if = "Option::is_none", rename = "latencyP95")]
    #[schemars(length(max = 16))]
    pub latency_p95: Option<String>,
    /// Frames lost, late or undecodable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub loss: Option<String>,
    /// Frames that came out good, of those that the frame rate promises.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub delivered: Option<String>,
    /// The longest time that a client's video stood still.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub longest_freeze: Option<String>,
}
