//! What is written at the end.

use serde::Serialize;

use crate::statistics::Summary;

/// All that was measured. Times are in seconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) sessions: u32,
    /// From the first session's creation to the last one's.
    pub(super) creating_seconds: f64,
    /// From the last creation until each session has all conditions; until all are Ready; and until all meet their objectives.
    pub(super) conditions_seconds: f64,
    pub(super) ready_seconds: f64,
    pub(super) met_seconds: f64,
    /// From the first session's creation until all pods are ready, where nobody but the API server's own controllers works on the
    /// same objects.
    pub(super) alone_seconds: Option<f64>,
    /// The operator's memory when all sessions work, after all that was measured, and at most.
    pub(super) resident_megabytes: f64,
    pub(super) resident_at_end_megabytes: f64,
    pub(super) peak_megabytes: f64,
    /// From the first post of a session that is taken until its objectives are seen to be met.
    pub(super) first_post_seconds: Option<Summary>,
    /// From a post with a breach until that is seen in the status, while all report.
    pub(super) breach_seconds: Option<Summary>,
    pub(super) streaming: Window,
    /// While nothing is posted, and what follows from that is written.
    pub(super) idle: Window,
}

/// What happened in some time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Window {
    pub(super) seconds: f64,
    /// Posts that were taken, and those that were not.
    pub(super) posts: u64,
    pub(super) refused: u64,
    /// The operator's requests that change something, but for its lease, and those that read.
    pub(super) writes: u64,
    pub(super) reads: u64,
    pub(super) writes_per_minute: f64,
    /// Of the operator's process: 100 is one processor.
    pub(super) cpu_percent: f64,
}
