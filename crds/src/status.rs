//! What the operator found out. Two writers share it, each with fields of its own: the reports' writer owns what
//! comes from the session's reports, the controller everything else; each field says whose it is.
//!
//! All lists and texts are bounded, and nothing in here changes by the passing of time alone.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::schema::{explain, without_defaults};

/// Rows in `status.clients`.
pub const MAX_CLIENTS: usize = 16;
/// Rows in `status.errors`.
pub const MAX_ERRORS: usize = 16;
/// Bytes of a message anywhere in the status.
pub const MAX_MESSAGE: usize = 256;

/// What the operator found out about the session.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = without_defaults, transform = explain)]
pub struct BallSessionStatus {
    /// The generation of the spec that this status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// Ready (media flows to every client), ObjectivesMet (the numbers are good enough) and Complete (a bounded run
    /// is over).
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
    /// Why the session is not ready, else why its objectives are not met.
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
}

/// A run: it begins anew when what is measured changes.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Run {
    /// A hash of video, ball and duration.
    #[schemars(length(max = 64))]
    pub hash: String,
}

/// Numbers of one server process, in text where they may have a fraction. What has no sample is left out. From the
/// reports.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Measurements {
    /// When the server process started that they belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// What became of the frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// Lost, late and undecodable frames, in percent of those whose fate is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub loss_percent: Option<String>,
    /// How far reported positions are off, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_pixels: Option<Quantiles>,
    /// From a frame's capture to the arrival of its report, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_milliseconds: Option<Quantiles>,
    /// From a client's connection to its first report, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_milliseconds: Option<Quantiles>,
    /// Times the video stood still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freezes: Option<Freezes>,
}

/// Frames by what became of them. Sent is the sum of all others.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Frames {
    /// Frames sent, counted once for each client.
    pub sent: i64,
    /// Not known yet.
    pub pending: i64,
    /// The ball's position was reported within 1 second.
    pub matched: i64,
    /// As matched, but which frame is meant is an estimate.
    pub estimated: i64,
    /// Nothing was reported within 3 seconds.
    pub lost: i64,
    /// Something was reported after 1 to 3 seconds.
    pub late: i64,
    /// The client got the frame but could not decode it.
    pub undecodable: i64,
    /// The client decoded the frame but found no ball.
    pub undetected: i64,
}

/// How a quantity is distributed; the unit is in the name of the field.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Quantiles {
    /// The average.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub mean: Option<String>,
    /// The median.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub p50: Option<String>,
    /// 95 of 100 are not above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub p95: Option<String>,
    /// The worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub max: Option<String>,
}

/// Times the video stood still.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Freezes {
    /// How often.
    pub count: i64,
    /// The longest, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub longest_milliseconds: Option<String>,
}

/// A client as the server sees it. From the reports.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientStatus {
    /// Its name: that of its Job and its index.
    #[schemars(length(max = 128))]
    pub id: String,
    /// The node it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub node: Option<String>,
    /// Connecting, Connected, Ended, Lost or Failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub state: Option<String>,
    /// How often it had to connect again.
    pub reconnects: i64,
    /// What became of the frames sent to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// Lost, late and undecodable frames, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub loss_percent: Option<String>,
    /// 95 of 100 positions are not farther off, in pixels.
    #[serde(skip_serializing_if = "Option::is_none", rename = "errorPixelsP95")]
    #[schemars(length(max = 16))]
    pub error_pixels_p95: Option<String>,
    /// 95 of 100 reports do not take longer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", rename = "latencyMillisecondsP95")]
    #[schemars(length(max = 16))]
    pub latency_milliseconds_p95: Option<String>,
    /// The longest time its video stood still, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub longest_freeze_milliseconds: Option<String>,
    /// From its connection to its first report, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub setup_milliseconds: Option<String>,
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
