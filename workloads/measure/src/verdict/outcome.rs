//! What is said of a session.

use std::fmt;

use report::VerdictSummary;

use super::{Failure, Pending, Place};

/// Whether the objectives are met.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// All of them, for every client and for all together.
    Met,
    /// At least one is not; never empty, in the order of [`super::Reason`], each at the client that decides.
    Missed(Vec<Failure>),
    /// Nothing is breached, and it is too early to say that all is good.
    Inconclusive {
        /// Why.
        reason: Pending,
        /// In words, with numbers.
        message: String,
    },
}

impl Verdict {
    /// No verdict yet.
    pub fn inconclusive(reason: Pending, message: impl Into<String>) -> Self {
        Self::Inconclusive { reason, message: message.into() }
    }

    /// Whether all objectives are met.
    pub fn is_met(&self) -> bool {
        matches!(self, Self::Met)
    }

    /// Whether an objective is missed.
    pub fn is_missed(&self) -> bool {
        matches!(self, Self::Missed(_))
    }

    /// The breach that counts most.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Missed(failures) => failures.first(),
            Self::Met | Self::Inconclusive { .. } => None,
        }
    }

    /// `Met`, the first reason of what is missed, or why there is no verdict.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Met => "Met",
            Self::Missed(failures) => failures.first().map_or("Missed", |failure| failure.reason.as_str()),
            Self::Inconclusive { reason, .. } => reason.as_str(),
        }
    }

    /// The verdict without its reason.
    pub fn message(&self) -> String {
        match self {
            Self::Met => "all numbers are within their objectives".to_owned(),
            Self::Missed(failures) => failures.iter().map(Failure::message).collect::<Vec<_>>().join("; "),
            Self::Inconclusive { message, .. } => message.clone(),
        }
    }
}

impl Verdict {
    /// As a summary has it.
    pub fn to_summary(&self) -> VerdictSummary {
        let failure = self.failure();
        let place = failure.and_then(|failure| match &failure.place {
            Place::All => None,
            Place::Client { id, node } => Some((id.clone(), node.clone())),
        });
        let (client, node) = place.map_or((None, None), |(id, node)| (Some(id), node));
        VerdictSummary {
            met: match self {
                Self::Met => Some(true),
                Self::Missed(_) => Some(false),
                Self::Inconclusive { .. } => None,
            },
            reason: self.reason().to_owned(),
            message: self.message(),
            cause: failure.map(|failure| failure.cause),
            client,
            node,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.write_str("Met"),
            Self::Missed(failures) => {
                for (position, failure) in failures.iter().enumerate() {
                    write!(f, "{}{failure}", if position == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
            Self::Inconclusive { reason, message } => write!(f, "{reason}: {message}"),
        }
    }
}
