//! The JSON of the messages.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    bounds::name,
    foreign::Foreign,
    frame_report::FrameReport,
    hello::Hello,
    limits::{MAX_NAME, MAX_NODE},
    malformed::Malformed,
    outcome::FrameOutcome,
    previous::WirePrevious,
    stats::ClientStats,
    wire_report::{WireReport, WireState},
};

/// All shapes of message at once: what is absent is left out.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Wire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hello: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reconnects: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<WireState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<u32>,
    #[serde(skip_serializing_if = "WirePrevious::is_empty", default)]
    prev: WirePrevious,
    /// Boxed, as it is larger than all the rest and in one message of thirty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stats: Option<Box<ClientStats>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pts: Option<f64>,
}

impl Wire<'_> {
    pub(super) fn into_hello(self) -> Result<Hello, Malformed> {
        let id = name("id", self.id, MAX_NAME)?.ok_or(Malformed::Shape)?;
        let instance = name("instance", self.instance, MAX_NAME)?;
        let node = name("node", self.node, MAX_NODE)?;
        let zone = name("zone", self.zone, MAX_NAME)?;
        let version = name("version", self.version, MAX_NAME)?;
        let reconnects = self.reconnects.unwrap_or(0);
        Ok(Hello { id, instance, attempt: self.attempt, node, zone, version, reconnects })
    }

    /// What it has of a report of the frame with this timestamp.
    pub(super) fn report(&self, ts: u32) -> WireReport {
        let Self { x, y, confidence, state, held, prev, .. } = *self;
        WireReport { ts, x, y, confidence, state, held, prev }
    }

    pub(super) fn foreign(&self) -> Result<Foreign, Malformed> {
        match (self.x, self.y, self.state) {
            (Some(x), Some(y), None) => Foreign::position(x, y, self.pts),
            _ => Err(Malformed::Shape),
        }
    }
}

impl<'a> From<&'a Hello> for Wire<'a> {
    fn from(hello: &'a Hello) -> Self {
        Self {
            hello: Some(1),
            id: Some(Cow::Borrowed(&hello.id)),
            instance: hello.instance.as_deref().map(Cow::Borrowed),
            attempt: hello.attempt,
            node: hello.node.as_deref().map(Cow::Borrowed),
            zone: hello.zone.as_deref().map(Cow::Borrowed),
            version: hello.version.as_deref().map(Cow::Borrowed),
            reconnects: Some(hello.reconnects),
            ..Self::default()
        }
    }
}

impl From<&FrameReport> for Wire<'_> {
    fn from(report: &FrameReport) -> Self {
        let wire = Self {
            ts: Some(report.timestamp),
            held: report.held_microseconds,
            prev: report.previous.to_wire(report.timestamp),
            ..Self::default()
        };
        match report.outcome {
            FrameOutcome::Position { x, y, confidence } => {
                Self { x: Some(x), y: Some(y), confidence: Some(confidence), ..wire }
            }
            FrameOutcome::Undetected => Self { state: Some(WireState::Undetected), ..wire },
            FrameOutcome::Undecodable => Self { state: Some(WireState::Undecodable), ..wire },
        }
    }
}

impl From<&ClientStats> for Wire<'_> {
    fn from(stats: &ClientStats) -> Self {
        Self { stats: Some(Box::new(*stats)), ..Self::default() }
    }
}
