//! One client, over all its sessions.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use picture::Point;
use report::{
    CandidatePair, Pairing, PathMtu, SessionId, SetupTimeline, State,
    channel::{ClientStats, Hello, Recovery},
};

use super::{viewer::Viewer, wanted::Wanted};
use crate::{
    evidence::{NetworkSeries, ProgramFigures, ProgramSeries, stretch},
    statistics::{Distribution, FrameStatistics, Log, SetupStatistics, Window},
};

/// One client, over all its sessions.
///
/// A connected client takes 52 kB, measured with 1,000 of them (their sessions included) in a window of 60 s at 30 frames
/// per second whose latencies and errors differ more than there is in practice; with 100 of them it is 65 kB, as what all
/// share is divided among fewer. At worst it is 90 kB: 30 of the two distributions of the whole run, 60 of the rest.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) node: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) attempt: Option<u32>,
    pub(crate) reconnects: u32,
    pub(crate) state: State,
    pub(crate) setup: SetupTimeline,
    pub(crate) setups: SetupStatistics,
    pub(crate) pairing: Pairing,
    /// As [`report::ClientRow::pairing_milliseconds`].
    pub(crate) pairing_milliseconds: Option<f64>,
    /// Without the samples of what is only in the log yet.
    pub(crate) statistics: FrameStatistics<Distribution<u32>>,
    pub(crate) window: Window,
    /// What became of frames, until the window has got there.
    pub(crate) log: Log,
    /// Good frames and wanted time of the whole run, as far as they are settled.
    pub(crate) settled: (u64, Duration),
    pub(crate) wanted: Wanted,
    pub(crate) viewer: Viewer,
    pub(crate) network: NetworkSeries,
    pub(crate) program: ProgramSeries,
    /// The newest of its own counters, and its worst lateness ever.
    pub(crate) stats: Option<ClientStats>,
    pub(crate) worst_lateness: Option<f64>,
    /// The way that media takes to it, as the server sees it.
    pub(crate) server_path: Option<CandidatePair>,
    /// How large a packet may be to it, and how large the largest of its media is.
    pub(crate) path_mtu: PathMtu,
    pub(crate) last: Option<Position>,
    /// It had a session before that was none of this process's, and none with media here but the last.
    pub(crate) comes_from_elsewhere: bool,
    /// How it came back from there, as it says.
    pub(crate) recovery: Option<Recovery>,
    /// When its client signalled for the first time without getting media since.
    pub(crate) waits_since: Instant,
    /// It opened a report channel in the session that is connected.
    pub(crate) has_channel: bool,
    /// The session that is connected, if any.
    pub(crate) session: Option<SessionId>,
    pub(crate) gone_at: Option<Instant>,
    pub(crate) said_bye: bool,
    /// Since when it has been away after a bye, although it is to be there: an absence once it comes back, and none where it
    /// turns out that it is not wanted any more.
    pub(crate) away_since: Option<Instant>,
    /// The place in the order of leaving.
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

/// What a new row begins with.
pub(crate) struct Opening {
    pub(crate) session: SessionId,
    pub(crate) waits_since: Instant,
    pub(crate) viewer: Viewer,
    pub(crate) window: Window,
}

impl Row {
    /// The row of a client that is connected, and of which no more than a name is known.
    pub(super) fn new(name: String, opening: Opening) -> Self {
        Self {
            name,
            node: None,
            zone: None,
            instance: None,
            attempt: None,
            reconnects: 0,
            state: State::Connecting,
            setup: SetupTimeline::default(),
            setups: SetupStatistics::of_client(),
            pairing: Pairing::Rtp,
            pairing_milliseconds: None,
            statistics: FrameStatistics::of_client(),
            window: opening.window,
            log: Log::default(),
            settled: (0, Duration::ZERO),
            wanted: Wanted::default(),
            viewer: opening.viewer,
            network: NetworkSeries::default(),
            program: ProgramSeries::default(),
            stats: None,
            worst_lateness: None,
            server_path: None,
            path_mtu: PathMtu::default(),
            last: None,
            comes_from_elsewhere: false,
            recovery: None,
            waits_since: opening.waits_since,
            has_channel: false,
            session: Some(opening.session),
            gone_at: None,
            said_bye: false,
            away_since: None,
            gone: 0,
        }
    }

    /// The whole run.
    pub(crate) fn whole(&self) -> Cow<'_, FrameStatistics<Distribution<u32>>> {
        let mut whole = Cow::Borrowed(&self.statistics);
        for logged in self.log.unsampled() {
            whole.to_mut().sample(&logged.entry());
        }
        whole
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    /// Whether its media is there, and it opened no channel to report on.
    pub(crate) fn watches_only(&self) -> bool {
        self.state == State::Connected && !self.has_channel
    }

    /// Whether a report only comes when it is asked for, or says nothing about the frames without one.
    pub(crate) fn is_aligned(&self) -> bool {
        self.pairing == Pairing::Arrival
    }

    /// Keeps `position` unless one of a later frame is there.
    pub(crate) fn located(&mut self, position: Position) {
        if self.last.is_none_or(|last| last.ordinal <= position.ordinal) {
            self.last = Some(position);
        }
    }

    /// The client's own counters came at `now`.
    pub(crate) fn received(&mut self, stats: &ClientStats, now: Instant) {
        if self.comes_from_elsewhere {
            self.recovery = stats.recovery.or(self.recovery);
        }
        let least = stretch(self.window.length());
        let figures = ProgramFigures {
            throttled_milliseconds: stats.cpu.throttled_milliseconds,
            pressure_milliseconds: stats.cpu.pressure_milliseconds,
            worst_lateness_milliseconds: stats.cpu.worst_lateness_milliseconds,
            shard_worst_lateness_milliseconds: None,
            // What did not come whole is among those that were dropped: they say nothing about the processor.
            dropped: 0,
            frames: stats.frames_received,
        };
        self.program.add(now, figures, least);
        self.network.received(stats, now, least);
        let latest = stats.cpu.worst_lateness_milliseconds;
        self.worst_lateness = self.worst_lateness.into_iter().chain(latest).reduce(f64::max);
        self.stats = Some(*stats);
    }

    /// Takes what the hello says of the client.
    pub(super) fn introduce(&mut self, name: String, hello: &Hello) {
        self.name = name;
        self.node.clone_from(&hello.node);
        self.zone.clone_from(&hello.zone);
        self.instance.clone_from(&hello.instance);
        self.attempt = hello.attempt;
        self.reconnects = hello.reconnects;
    }

    /// Takes over the session of `other`, the row that this client had until its hello, and what was measured in it.
    /// `is_same` where it is the same process. Frames that were decoded before the hello are the caller's to count.
    pub(super) fn absorb(&mut self, other: &Self, is_same: bool) {
        self.state = other.state;
        self.setup = other.setup;
        self.setups.absorb(&other.setups);
        self.pairing = other.pairing;
        self.pairing_milliseconds = other.pairing_milliseconds;
        self.statistics.merge(&other.statistics);
        self.window.absorb(&other.window);
        self.log.absorb(&other.log);
        self.settled.0 += other.settled.0;
        self.settled.1 += other.settled.1;
        if !is_same {
            self.viewer.changed_process();
            self.program.restart();
            self.network.restart();
        }
        if let Some(position) = other.last {
            self.located(position);
        }
        // What was missing since it had media here is no other process's.
        self.comes_from_elsewhere &= self.viewer.last_decoded().is_none();
        self.waits_since = other.waits_since;
        self.has_channel = other.has_channel;
        self.server_path = other.server_path.or(self.server_path);
        self.session = other.session;
        self.gone_at = None;
        self.said_bye = false;
    }
}
