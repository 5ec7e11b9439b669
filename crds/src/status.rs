//! What the operator found out. Two writers share it, each with fields of its own: the reports' writer owns what
//! comes from the session's reports, the controller everything else; each field says whose it is.
//!
//! All lists and texts are bounded, and nothing in here changes by the passing of time alone.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::client_status::ClientStatus;
use crate::limits::{MAX_MESSAGE, MAX_PATH};
use crate::measurements::Measurements;
use crate::run::{PastRun, Run};
use crate::schema::{explain, not_observed_yet, without_defaults};

/// Rows in `status.clients`.
pub const MAX_CLIENTS: usize = 16;
/// Rows in `status.errors`.
pub const MAX_ERRORS: usize = 16;
/// Runs in `status.history`.
pub const MAX_HISTORY: usize = 3;

/// What the operator found out about the session.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = without_defaults, transform = explain, transform = not_observed_yet)]
pub struct BallSessionStatus {
    /// The generation of the spec that this status is about; -1 before an operator has looked at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// Ready (media flows to every client, or none is to flow), ObjectivesMet (the numbers are good enough), Complete (a
    /// bounded run is over) and, only while waiting does not help, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), transform = keyed_by_type)]
    pub conditions: Vec<Condition>,

    /// What `kubectl get` shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,

    /// Client pods that are ready: they decoded a frame within the last 2 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_clients: Option<i32>,

    /// Selects the client pods, in the notation of `kubectl get pods --selector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub selector: Option<String>,

    /// The run that the numbers belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,

    /// The runs before, the last 3 of them, the last one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_HISTORY), transform = atomic)]
    pub history: Vec<PastRun>,

    /// How often the server came back as a new process, whose numbers begin anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_restarts: Option<i32>,

    /// The numbers: those of the last window while the session runs, those of the whole run once it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurements: Option<Measurements>,

    /// The clients, the worst 16 of them, the worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_CLIENTS), transform = atomic)]
    pub clients: Vec<ClientStatus>,

    /// How many errors server and clients have reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_count: Option<i64>,

    /// The errors by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ERRORS), transform = atomic)]
    pub errors: Vec<ErrorStatus>,
}

/// Texts for people, one a column of `kubectl get`.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Display {
    /// Ready clients of those asked for, such as 2/2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub clients: Option<String>,
    /// The node of the server's pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub server_node: Option<String>,
    /// Why the session is not ready, else why its objectives are not met. Written together with the conditions that it
    /// explains; empty where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// The message to the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MESSAGE))]
    pub message: Option<String>,
    /// 95 of 100 reported positions are not farther off, such as 0.012px. From the reports.
    #[serde(skip_serializing_if = "Option::is_none", rename = "errorP95")]
    #[schemars(length(max = 16))]
    pub error_p95: Option<String>,
    /// How far off reported positions are on average, such as 0.006px. From the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub error_mean: Option<String>,
    /// 95 of 100 reports arrive within this time after their frame's capture, such as 7.5ms. From the reports.
    #[serde(skip_serializing_if = "Option::is_none", rename = "latencyP95")]
    #[schemars(length(max = 16))]
    pub latency_p95: Option<String>,
    /// Frames lost, late or undecodable, such as 0.17%. From the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub loss: Option<String>,
    /// Frames that came out good, of those that the frame rate promises, such as 99.8%. From the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub delivered: Option<String>,
    /// The longest time that a client's video stood still, such as 120ms. From the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub freeze: Option<String>,
    /// What the evidence points at while the objectives are missed: ServerCpu, ClientCpu, Network, Codec or Unknown. From
    /// the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub cause: Option<String>,
    /// The way that media is to take, with the addresses at which clients reach the server, such as ClusterIP 10.96.0.7:8082.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_PATH))]
    pub path: Option<String>,
    /// The zone of the server's node, by the node's label topology.kubernetes.io/zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub server_zone: Option<String>,
}

/// Errors of one kind. From the reports.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorStatus {
    /// What went wrong, such as IceFailed.
    #[schemars(length(max = 64))]
    pub code: String,
    /// How often.
    pub count: i64,
    /// The last one in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MESSAGE))]
    pub message: Option<String>,
    /// When it happened last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Time>,
}

/// Each writer of the status owns conditions of its own: the list is merged by their types.
fn keyed_by_type(schema: &mut Schema) {
    schema.insert("x-kubernetes-list-type".into(), "map".into());
    schema.insert("x-kubernetes-list-map-keys".into(), serde_json::json!(["type"]));
}

/// The list has one writer, and its order means something.
fn atomic(schema: &mut Schema) {
    schema.insert("x-kubernetes-list-type".into(), "atomic".into());
}
