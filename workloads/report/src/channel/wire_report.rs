//! The JSON of a frame's report.

use serde::{Deserialize, Serialize};

use super::{
    bounds::within,
    frame_report::FrameReport,
    limits::MAX_COORDINATE,
    malformed::Malformed,
    outcome::FrameOutcome,
    previous::{Previous, WirePrevious},
};

/// What a report has, as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct WireReport {
    pub(super) ts: u32,
    pub(super) x: Option<f64>,
    pub(super) y: Option<f64>,
    pub(super) confidence: Option<f64>,
    pub(super) state: Option<WireState>,
    pub(super) held: Option<u32>,
    pub(super) prev: WirePrevious,
}

#[derive(Debug, Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum WireState {
    Undetected,
    Undecodable,
}

impl WireReport {
    /// The report, where it keeps to the limits.
    pub(super) fn to_report(self) -> Result<FrameReport, Malformed> {
        let previous = Previous::from_wire(self.ts, &self.prev)?;
        let outcome = self.outcome()?;
        Ok(FrameReport { timestamp: self.ts, outcome, held_microseconds: self.held, previous })
    }

    fn outcome(self) -> Result<FrameOutcome, Malformed> {
        match (self.x, self.y, self.state) {
            (Some(x), Some(y), None) => Ok(FrameOutcome::Position {
                x: within("x", x, -MAX_COORDINATE, MAX_COORDINATE)?,
                y: within("y", y, -MAX_COORDINATE, MAX_COORDINATE)?,
                confidence: within("confidence", self.confidence.unwrap_or(1.0), 0.0, 1.0)?,
            }),
            (None, None, Some(WireState::Undetected)) => Ok(FrameOutcome::Undetected),
            (None, None, Some(WireState::Undecodable)) => Ok(FrameOutcome::Undecodable),
            _ => Err(Malformed::Shape),
        }
    }
}
