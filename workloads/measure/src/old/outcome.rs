//! What comes of judging.

use std::fmt;

use super::reason::Failure;

/// Whether the objectives are met.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// All of them.
    Met,
    /// At least one is not; never empty, in the order of [`Reason`].
    NotMet(Vec<Failure>),
    /// Too few frames have a known fate.
    InsufficientSamples {
        /// Frames whose fate is known.
        have: u64,
        /// [`crate::verdict::Objectives::minimum_frames`].
        need: u64,
    },
}

impl Verdict {
    /// Whether all objectives are met.
    pub fn is_met(&self) -> bool {
        matches!(self, Self::Met)
    }

    /// `Met`, `InsufficientSamples`, or the first reason.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Met => "Met",
            Self::NotMet(failures) => failures.first().map_or("NotMet", |failure| failure.reason.as_str()),
            Self::InsufficientSamples { .. } => "InsufficientSamples",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.write_str(self.as_str()),
            Self::NotMet(failures) => {
                for (position, failure) in failures.iter().enumerate() {
                    write!(f, "{}{failure}", if position == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
            Self::InsufficientSamples { have, need } => {
                write!(f, "{}: the fate of {have} frames is known, {need} are needed", self.as_str())
            }
        }
    }
}
