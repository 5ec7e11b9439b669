//! Frames by what became of them.

use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

/// What became of the frames sent. Each has exactly one fate, so that `sent` is the sum of `pending`, `matched`,
/// `estimated`, `lost`, `late`, `undecodable` and `undetected`; `duplicate` and `malformed` count messages beside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Frames {
    /// Frames sent to a client whose report channel is open.
    pub sent: u64,
    /// Of these: no report yet, and not given up.
    pub pending: u64,
    /// The ball's position was reported within 1 s.
    pub matched: u64,
    /// As matched, but which frame is meant is an estimate.
    pub estimated: u64,
    /// Nothing was reported within 3 s.
    pub lost: u64,
    /// Something was reported, after 1 to 3 s.
    pub late: u64,
    /// The client got the frame but could not decode it.
    pub undecodable: u64,
    /// The client decoded the frame but found no ball.
    pub undetected: u64,
    /// Reports for frames whose fate was known already.
    pub duplicate: u64,
    /// Messages that make no sense, or name a frame that was never sent.
    pub malformed: u64,
}

impl Frames {
    /// Frames whose fate is known.
    pub fn settled(&self) -> u64 {
        self.sent.saturating_sub(self.pending)
    }

    /// Percent of the settled frames that were lost, late or undecodable; `None` where none is settled.
    pub fn loss_percent(&self) -> Option<f64> {
        let bad = self.lost.saturating_add(self.late).saturating_add(self.undecodable);
        self.percent(bad)
    }

    /// Percent of the settled frames that were decoded and had no ball; `None` where none is settled.
    pub fn undetected_percent(&self) -> Option<f64> {
        self.percent(self.undetected)
    }

    /// Frames that came out as they went in.
    pub fn good(&self) -> u64 {
        self.matched.saturating_add(self.estimated)
    }

    fn percent(&self, frames: u64) -> Option<f64> {
        (self.settled() > 0).then(|| frames as f64 * 100.0 / self.settled() as f64)
    }
}

impl AddAssign for Frames {
    fn add_assign(&mut self, other: Self) {
        // Without `..`: a counter that is forgotten here does not compile.
        let Self {
            sent,
            pending,
            matched,
            estimated,
            lost,
            late,
            undecodable,
            undetected,
            duplicate,
            malformed,
        } = other;
        self.sent += sent;
        self.pending += pending;
        self.matched += matched;
        self.estimated += estimated;
        self.lost += lost;
        self.late += late;
        self.undecodable += undecodable;
        self.undetected += undetected;
        self.duplicate += duplicate;
        self.malformed += malformed;
    }
}

impl SubAssign for Frames {
    fn sub_assign(&mut self, other: Self) {
        // Without `..`: a counter that is forgotten here does not compile.
        let Self {
            sent,
            pending,
            matched,
            estimated,
            lost,
            late,
            undecodable,
            undetected,
            duplicate,
            malformed,
        } = other;
        self.sent -= sent;
        self.pending -= pending;
        self.matched -= matched;
        self.estimated -= estimated;
        self.lost -= lost;
        self.late -= late;
        self.undecodable -= undecodable;
        self.undetected -= undetected;
        self.duplicate -= duplicate;
        self.malformed -= malformed;
    }
}
