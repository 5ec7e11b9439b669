//! The names of what a verdict says. They are an interface: scripts and conditions match on them.

use std::fmt;

use report::Cause;

/// Why objectives are missed, in the order in which the first one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A client that had media is not connected any more.
    ClientsLost,
    /// A client is there and decodes nothing.
    NoMedia,
    /// Positions are too far off.
    ErrorTooHigh,
    /// Reports arrive too long after capture.
    LatencyTooHigh,
    /// Too many frames are lost, late or undecodable.
    LossTooHigh,
    /// In too many decoded frames there was no ball.
    UndetectedTooHigh,
    /// Too few of the promised frames came out good.
    DeliveredTooLow,
    /// The video stood still for too long.
    FreezeTooLong,
    /// After another server process took over it was too long until there were pictures again.
    RecoveryTooSlow,
    /// Connecting took too long.
    SetupTooSlow,
}

/// Why there is no verdict yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pending {
    /// Nothing was reported.
    NoReports,
    /// Clients are on their way, or the operator has just changed something.
    Starting,
    /// Too few frames have a known fate.
    InsufficientSamples,
    /// Nothing is to be measured for now.
    Suspended,
    /// No client is to be there.
    NoClients,
}

impl Reason {
    /// What `cause` may have to do with it: where a picture that came shows the ball is nothing that a processor or a network
    /// can change.
    pub(super) fn possible(self, cause: Cause) -> Cause {
        match self {
            Self::ErrorTooHigh | Self::UndetectedTooHigh if cause != Cause::Codec => Cause::Unknown,
            _ => cause,
        }
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientsLost => "ClientsLost",
            Self::NoMedia => "NoMedia",
            Self::ErrorTooHigh => "ErrorTooHigh",
            Self::LatencyTooHigh => "LatencyTooHigh",
            Self::LossTooHigh => "LossTooHigh",
            Self::UndetectedTooHigh => "UndetectedTooHigh",
            Self::DeliveredTooLow => "DeliveredTooLow",
            Self::FreezeTooLong => "FreezeTooLong",
            Self::RecoveryTooSlow => "RecoveryTooSlow",
            Self::SetupTooSlow => "SetupTooSlow",
        }
    }
}

impl Pending {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoReports => "NoReports",
            Self::Starting => "Starting",
            Self::InsufficientSamples => "InsufficientSamples",
            Self::Suspended => "Suspended",
            Self::NoClients => "NoClients",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
