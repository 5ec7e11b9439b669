//! What a peer claims of the frames that it does not decode.

use clap::ValueEnum;
use report::channel::{FrameOutcome, FrameReport};

/// Where the ball always is.
const POSITION: FrameOutcome = FrameOutcome::Position { x: 321.125, y: 123.456, confidence: 1.0 };

/// By how many ticks another session's timestamps differ: each session begins at random, any number is as good.
const OTHER_SESSION: u32 = 0x5bd1_e995;

/// A claim about every complete frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Claim {
    /// The ball, always at the same place
    Position,
    /// No ball in the frame
    Undetected,
    /// The frame could not be decoded
    Undecodable,
    /// The ball, but in frames that another session was sent
    Replay,
    /// No report
    Nothing,
}

impl Claim {
    /// The report of the frame with this timestamp, if there is to be one.
    pub(crate) fn report(self, timestamp: u32) -> Option<FrameReport> {
        let (timestamp, outcome) = match self {
            Self::Position => (timestamp, POSITION),
            Self::Undetected => (timestamp, FrameOutcome::Undetected),
            Self::Undecodable => (timestamp, FrameOutcome::Undecodable),
            Self::Replay => (timestamp.wrapping_add(OTHER_SESSION), POSITION),
            Self::Nothing => return None,
        };
        Some(FrameReport::new(timestamp, outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_claim_names_the_frame_but_for_those_that_are_meant_not_to() {
        let timestamps = |claim: Claim| claim.report(3000).map(|report| report.timestamp);
        for claim in [Claim::Position, Claim::Undetected, Claim::Undecodable] {
            assert_eq!(timestamps(claim), Some(3000), "{claim:?}");
        }
        assert!(timestamps(Claim::Replay).is_some_and(|timestamp| timestamp != 3000));
        assert_eq!(timestamps(Claim::Nothing), None);
    }
}
