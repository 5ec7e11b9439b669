//! The outcomes of the last frames before, repeated in each report: a report that was lost is made up for by the next.

use serde::{Deserialize, Serialize};

use super::bounds::within;
use super::limits::{MAX_COORDINATE, MAX_PREVIOUS};
use super::malformed::Malformed;
use super::outcome::FrameOutcome;

const UNDETECTED: u8 = 0;
const UNDECODABLE: u8 = 1;

/// What became of up to [`MAX_PREVIOUS`] frames before the one that a report is about, by their RTP timestamps.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Previous([Option<(u32, FrameOutcome)>; MAX_PREVIOUS]);

/// One outcome on the wire. The first number is the RTP timestamp of the report's frame less that of this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum WireOutcome {
    /// Where the ball was seen.
    Position(u32, f64, f64),
    /// `[ticks, 0]`: no ball in it. `[ticks, 1]`: it could not be decoded.
    Code(u32, u8),
}

impl Previous {
    /// Adds the outcome of a frame; the oldest makes place.
    pub fn push(&mut self, timestamp: u32, outcome: FrameOutcome) {
        self.0.rotate_right(1);
        self.0[0] = Some((timestamp, outcome));
    }

    /// The outcomes, the newest first. A position has the confidence 1: what a client was not sure of then is not
    /// repeated.
    pub fn iter(&self) -> impl Iterator<Item = (u32, FrameOutcome)> {
        self.0.iter().flatten().copied()
    }

    pub(super) fn to_wire(self, timestamp: u32) -> Vec<WireOutcome> {
        let to_wire = |(earlier, outcome): (u32, FrameOutcome)| {
            let ticks = timestamp.wrapping_sub(earlier);
            match outcome {
                FrameOutcome::Position { x, y, .. } => WireOutcome::Position(ticks, x, y),
                FrameOutcome::Undetected => WireOutcome::Code(ticks, UNDETECTED),
                FrameOutcome::Undecodable => WireOutcome::Code(ticks, UNDECODABLE),
            }
        };
        self.iter().map(to_wire).collect()
    }

    pub(super) fn from_wire(timestamp: u32, outcomes: &[WireOutcome]) -> Result<Self, Malformed> {
        let mut previous = Self::default();
        if outcomes.len() > MAX_PREVIOUS {
            return Err(Malformed::Previous);
        }
        for (place, outcome) in previous.0.iter_mut().zip(outcomes) {
            let coordinate = |name, value| within(name, value, -MAX_COORDINATE, MAX_COORDINATE);
            *place = Some(match *outcome {
                WireOutcome::Position(ticks, x, y) => {
                    let (x, y) = (coordinate("x", x)?, coordinate("y", y)?);
                    (timestamp.wrapping_sub(ticks), FrameOutcome::Position { x, y, confidence: 1.0 })
                }
                WireOutcome::Code(ticks, UNDETECTED) => {
                    (timestamp.wrapping_sub(ticks), FrameOutcome::Undetected)
                }
                WireOutcome::Code(ticks, UNDECODABLE) => {
                    (timestamp.wrapping_sub(ticks), FrameOutcome::Undecodable)
                }
                WireOutcome::Code(..) => return Err(Malformed::Previous),
            });
        }
        Ok(previous)
    }
}
