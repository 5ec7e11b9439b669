//! One client, over all its sessions.

use std::time::Instant;

use picture::Point;
use report::{ClientRow, Pairing, SessionId, SetupTimeline, State, significant};

use crate::statistics::FrameStatistics;

/// One client, over all its sessions.
///
/// A connected client takes 8 kB as a rule and 30 kB at worst (measured with 1000 of them, its session included),
/// nearly all of it in two histograms of 2 significant digits and 4-byte counters.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) node: Option<String>,
    pub(crate) reconnects: u32,
    pub(crate) state: State,
    pub(crate) setup: SetupTimeline,
    pub(crate) pairing: Pairing,
    /// As [`ClientRow::pairing_milliseconds`].
    pub(crate) pairing_milliseconds: Option<f64>,
    pub(crate) statistics: FrameStatistics<u32>,
    pub(crate) last: Option<Position>,
    /// The session that is connected, if any.
    pub(super) session: Option<SessionId>,
    /// When the client went, in the order of leaving.
    pub(super) gone: u64,
}

/// The newest frame for which a position was reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) ordinal: u64,
    pub(crate) at: Instant,
    pub(crate) reported: Point,
    pub(crate) truth: Point,
    pub(crate) error: f64,
}

impl Row {
    /// The row of a client that is connected, and of which no more than a name is known.
    pub(super) fn new(name: String, session: SessionId) -> Self {
        Self {
            name,
            node: None,
            reconnects: 0,
            state: State::Connecting,
            setup: SetupTimeline::default(),
            pairing: Pairing::Rtp,
            pairing_milliseconds: None,
            statistics: FrameStatistics::new(2),
            last: None,
            session: Some(session),
            gone: 0,
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    /// Keeps `position` unless one of a later frame is there.
    pub(crate) fn located(&mut self, position: Position) {
        if self.last.is_none_or(|last| last.ordinal <= position.ordinal) {
            self.last = Some(position);
        }
    }

    /// Takes over the session of `other`, the row that this client had until its hello, and what was measured in it.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.state = other.state;
        self.setup = other.setup;
        self.pairing = other.pairing;
        self.pairing_milliseconds = other.pairing_milliseconds;
        self.statistics.merge(&other.statistics);
        if let Some(position) = other.last {
            self.located(position);
        }
        self.session = other.session;
    }

    pub(super) fn to_wire(&self, frames_per_second: u32) -> ClientRow {
        ClientRow {
            id: self.name.clone(),
            node: self.node.clone(),
            state: self.state,
            pairing: self.pairing,
            pairing_milliseconds: self.pairing_milliseconds.map(significant),
            reconnects: self.reconnects,
            setup_milliseconds: self.setup,
            frames: self.statistics.frames,
            // What was lost before the client's first report, if that took long, says nothing about the rest.
            loss_percent: self.statistics.loss_percent().filter(|_| self.pairing != Pairing::Arrival),
            error_pixels: self.statistics.error_pixels(),
            latency_milliseconds: self.statistics.latency_milliseconds(),
            freezes: self.statistics.freezes(frames_per_second),
        }
    }
}
