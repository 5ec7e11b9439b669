//! How the reports of one session are paired with frames.

use crate::foreign::{Arrival, Relative};

/// What the first report decides; the others have to be of its kind.
#[derive(Debug, Default)]
pub(crate) enum Pairing {
    /// Nothing was reported yet.
    #[default]
    Open,
    /// Reports name the RTP timestamp.
    Rtp,
    /// Reports count from the peer's first frame.
    Relative(Relative),
    /// Reports name no frame. Boxed, as it is ten times the others.
    Arrival(Box<Arrival>),
}

impl Pairing {
    /// What a report names, for people.
    pub(crate) fn named_by(&self) -> &'static str {
        match self {
            Self::Open => "nothing",
            Self::Rtp => "ts",
            Self::Relative(_) => "pts",
            Self::Arrival(_) => "no timestamp",
        }
    }
}
