//! The outcomes of the last frames before, repeated in each report: a report that was lost is made up for by the next.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bounds::within;
use super::limits::{MAX_COORDINATE, MAX_PREVIOUS};
use super::malformed::Malformed;
use super::outcome::FrameOutcome;

const UNDETECTED: u8 = 0;
const UNDECODABLE: u8 = 1;

/// What became of up to [`MAX_PREVIOUS`] frames before the one that a report is about, by their RTP timestamps.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Previous([Option<(u32, FrameOutcome)>; MAX_PREVIOUS]);

/// Outcomes on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct WirePrevious {
    outcomes: [Option<WireOutcome>; MAX_PREVIOUS],
    /// There were more than are allowed.
    is_too_long: bool,
}

/// One outcome on the wire. The first number is the RTP timestamp of the report's frame less that of this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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

    pub(super) fn to_wire(self, timestamp: u32) -> WirePrevious {
        let to_wire = |(earlier, outcome): (u32, FrameOutcome)| {
            let ticks = timestamp.wrapping_sub(earlier);
            match outcome {
                FrameOutcome::Position { x, y, .. } => WireOutcome::Position(ticks, x, y),
                FrameOutcome::Undetected => WireOutcome::Code(ticks, UNDETECTED),
                FrameOutcome::Undecodable => WireOutcome::Code(ticks, UNDECODABLE),
            }
        };
        WirePrevious { outcomes: self.0.map(|outcome| outcome.map(to_wire)), is_too_long: false }
    }

    pub(super) fn from_wire(timestamp: u32, wire: &WirePrevious) -> Result<Self, Malformed> {
        if wire.is_too_long {
            return Err(Malformed::Previous);
        }
        let mut previous = Self::default();
        for (place, outcome) in previous.0.iter_mut().zip(wire.outcomes.iter().flatten()) {
            let coordinate = |name, value| within(name, value, -MAX_COORDINATE, MAX_COORDINATE);
            let (ticks, outcome) = match *outcome {
                WireOutcome::Position(ticks, x, y) => {
                    let (x, y) = (coordinate("x", x)?, coordinate("y", y)?);
                    (ticks, FrameOutcome::Position { x, y, confidence: 1.0 })
                }
                WireOutcome::Code(ticks, UNDETECTED) => (ticks, FrameOutcome::Undetected),
                WireOutcome::Code(ticks, UNDECODABLE) => (ticks, FrameOutcome::Undecodable),
                WireOutcome::Code(..) => return Err(Malformed::Previous),
            };
            *place = Some((timestamp.wrapping_sub(ticks), outcome));
        }
        Ok(previous)
    }
}

impl WirePrevious {
    /// Adds one that is older than those before.
    pub(super) fn push(&mut self, outcome: WireOutcome) {
        match self.outcomes.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(outcome),
            None => self.is_too_long = true,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outcomes.iter().all(Option::is_none)
    }
}

impl Serialize for WirePrevious {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.outcomes.iter().flatten())
    }
}

// What is derived would keep each outcome in memory to try one shape after the other on it: most of what it took to parse
// a report.
impl<'de> Deserialize<'de> for WirePrevious {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OutcomesVisitor)
    }
}

struct OutcomesVisitor;

impl<'de> Visitor<'de> for OutcomesVisitor {
    type Value = WirePrevious;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("outcomes of frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<WirePrevious, A::Error> {
        let mut wire = WirePrevious::default();
        while let Some(outcome) = sequence.next_element()? {
            wire.push(outcome);
        }
        Ok(wire)
    }
}

impl<'de> Deserialize<'de> for WireOutcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OutcomeVisitor)
    }
}

struct OutcomeVisitor;

impl<'de> Visitor<'de> for OutcomeVisitor {
    type Value = WireOutcome;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[ticks, x, y] or [ticks, code]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<WireOutcome, A::Error> {
        let first = sequence.next_element::<u32>()?.zip(sequence.next_element::<f64>()?);
        let (ticks, number) = first.ok_or_else(|| A::Error::invalid_length(1, &self))?;
        if let Some(y) = sequence.next_element()? {
            return Ok(WireOutcome::Position(ticks, number, y));
        }
        let is_code = number.fract() == 0.0 && (0.0..=255.0).contains(&number);
        if is_code {
            Ok(WireOutcome::Code(ticks, number as u8))
        } else {
            Err(A::Error::custom(format_args!("{number} is no code")))
        }
    }
}
