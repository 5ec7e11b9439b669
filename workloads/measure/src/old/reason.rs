//! Why objectives are missed.

use std::fmt;

/// Which limit was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// [`crate::verdict::Objectives::error_p95_pixels`].
    ErrorTooHigh,
    /// [`crate::verdict::Objectives::latency_p95`].
    LatencyTooHigh,
    /// [`crate::verdict::Objectives::loss_percent`].
    LossTooHigh,
    /// [`crate::verdict::Objectives::longest_freeze`].
    FreezeTooLong,
    /// [`crate::verdict::Objectives::setup_p95`].
    SetupTooSlow,
}

impl Reason {
    /// The name in conditions and summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrorTooHigh => "ErrorTooHigh",
            Self::LatencyTooHigh => "LatencyTooHigh",
            Self::LossTooHigh => "LossTooHigh",
            Self::FreezeTooLong => "FreezeTooLong",
            Self::SetupTooSlow => "SetupTooSlow",
        }
    }

    /// The unit of the number, and what follows it in a message.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ErrorTooHigh => ("px", "error p95"),
            Self::LatencyTooHigh => ("ms", "latency p95"),
            Self::LossTooHigh => ("%", "lost"),
            Self::FreezeTooLong => ("ms", "longest freeze"),
            Self::SetupTooSlow => ("ms", "setup p95"),
        }
    }

    /// Why there is no number.
    fn why_missing(self) -> &'static str {
        match self {
            Self::ErrorTooHigh | Self::LatencyTooHigh => "no frame was matched",
            Self::LossTooHigh => "no frame is settled",
            Self::FreezeTooLong => "no two frames were decoded",
            Self::SetupTooSlow => "no client reported",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A limit that was exceeded. Displayed as `LossTooHigh: 8.1 % lost, 1 % allowed`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure {
    /// Which one.
    pub reason: Reason,
    /// The number, in px, ms or percent; `None` where there are no samples although there should be.
    pub measured: Option<f64>,
    /// The limit, in the same unit.
    pub allowed: f64,
}

impl Failure {
    /// The failure without its reason: `8.1 % lost, 1 % allowed`.
    pub fn message(&self) -> String {
        let (unit, what) = self.reason.words();
        let allowed = self.allowed;
        match self.measured {
            Some(measured) => format!("{measured} {unit} {what}, {allowed} {unit} allowed"),
            None => format!("{}, {allowed} {unit} {what} allowed", self.reason.why_missing()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message())
    }
}
