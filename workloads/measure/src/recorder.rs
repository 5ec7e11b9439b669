//! Records every entry wherever it counts.

use std::time::{Duration, Instant};

use report::{
    SessionId, SetupQuantiles, State,
    channel::{ClientStats, Hello},
};

use crate::{
    clients::{Opening, Row, RowId, Rows, Stills, Viewer, Wanting},
    evidence::{NetworkSample, ProgramFigures, ProgramSample, ProgramSeries, stretch},
    settings::Settings,
    statistics::{
        Compact, Distribution, Entry, Fate, FrameStatistics, Grid, SetupStatistics, Window, of_list,
    },
};

/// All statistics: of each client, of all, and of the last while. The totals are kept beside the rows, because rows of gone
/// clients are forgotten.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) rows: Rows,
    pub(crate) total: FrameStatistics<Distribution<u64>>,
    pub(crate) window: Window<Compact>,
    pub(crate) setup: SetupStatistics,
    pub(crate) wanting: Wanting,
    /// Good frames and wanted time of the whole run, as far as they are settled.
    pub(crate) settled: (u64, Duration),
    pub(crate) network: NetworkSample,
    pub(crate) program: ProgramSeries,
    pub(crate) sample: ProgramSample,
    frames_per_second: u32,
    started: Instant,
}

impl Recorder {
    /// Nothing recorded; the window has this length.
    pub(crate) fn new(settings: &Settings) -> Self {
        let grid = Grid::new(settings.started, settings.window);
        Self {
            rows: Rows::default(),
            total: FrameStatistics::of_run(),
            window: Window::new(grid, FrameStatistics::of_slice),
            setup: SetupStatistics::of_all(),
            wanting: Wanting::default(),
            settled: (0, Duration::ZERO),
            network: NetworkSample::default(),
            program: ProgramSeries::default(),
            sample: ProgramSample::default(),
            frames_per_second: settings.frames_per_second,
            started: settings.started,
        }
    }

    /// A row for a client that has just signalled.
    pub(crate) fn open(&mut self, address: &str, session: SessionId, waits_since: Instant) -> RowId {
        let window = self.window.aligned(FrameStatistics::of_client_slice);
        let viewer = Viewer::new(self.started, self.frames_per_second);
        self.rows.open(address, Opening { session, waits_since, viewer, window })
    }

    /// Another length of the window; it begins anew.
    pub(crate) fn set_window(&mut self, length: Duration, now: Instant) {
        let grid = Grid::new(now, length);
        if grid.length() == self.window.length() {
            return;
        }
        self.window = Window::new(grid, FrameStatistics::of_slice);
        for (_, row) in self.rows.iter_mut() {
            row.window = self.window.aligned(FrameStatistics::of_client_slice);
        }
    }

    /// Records what happened to one frame or message of a client. `moment` is when the frame was captured, for all
    /// entries of a frame the same; a message without a frame belongs to the moment at which it came.
    pub(crate) fn record(&mut self, row: RowId, moment: Instant, entry: Entry) {
        if let Some(row) = self.rows.get_mut(row) {
            row.statistics.record(entry);
            let slice = row.window.at(moment);
            if let Entry::Settled(Fate::Aligned { error }) = entry {
                row.statistics.add_error(error);
                if let Some(slice) = slice {
                    slice.record(entry);
                    slice.add_error(error);
                }
            } else if let Some(slice) = slice {
                slice.record(entry);
            }
        }
        self.total.record(entry);
        self.window.record(moment, entry);
    }

    /// A session got its first report at `at`, so long after its signalling.
    pub(crate) fn set_up(&mut self, row: RowId, at: Instant, setup: Duration) {
        self.setup.record(at, setup);
        if let Some(row) = self.rows.get_mut(row) {
            row.setups.record(at, setup);
            row.setup.first_report.get_or_insert(report::milliseconds(setup));
        }
    }

    /// The client of a row reported at `at` that it decoded the frame that was captured at `captured`. `is_measured`
    /// unless it reports only when it is asked. What comes over another session than the one that is connected says
    /// nothing about now.
    pub(crate) fn decoded(
        &mut self,
        id: RowId,
        session: SessionId,
        at: Instant,
        captured: Instant,
        is_measured: bool,
    ) {
        let wanting = &self.wanting;
        let Some(row) = self.rows.get_mut(id).filter(|row| row.session == Some(session)) else { return };
        let is_wanted = wanting.is_running() && (wanting.is_open() || wanting.names(&row.name));
        if is_wanted && let Some(since) = row.away_since.take() {
            self.absent(id, since, captured);
        } else if is_wanted && !row.wanted.is_running() {
            row.wanted.begin(captured);
            row.viewer.start(at);
        }
        let Some(row) = self.rows.get_mut(id) else { return };
        let stills = row.viewer.decoded(at, is_measured);
        self.count(id, at, stills);
    }

    /// The client's own counters came.
    pub(crate) fn received(&mut self, id: RowId, at: Instant, stats: &ClientStats) {
        let Some(row) = self.rows.get_mut(id) else { return };
        row.received(stats, at);
        let stills = row.viewer.figures(at, stats);
        self.count(id, at, stills);
    }

    /// The hello of a session came: whose row it is from now on, and which session has to make place.
    pub(crate) fn introduce(
        &mut self,
        current: RowId,
        hello: &Hello,
        now: Instant,
    ) -> (RowId, Option<SessionId>) {
        let before = self.rows.get(current).map(|row| (row.viewer.last_decoded(), row.wanted.since()));
        let introduced = self.rows.introduce(current, hello);
        let id = introduced.row;
        let Some(row) = self.rows.get_mut(id) else { return (id, introduced.superseded) };
        if id != current {
            // The operator replaces its pods itself.
            if self.wanting.is_forgiving(now) {
                pause(row, now);
            }
            let decoded = before.and_then(|(decoded, since)| decoded.map(|at| (at, since.unwrap_or(at))));
            if let (Some((at, captured)), Some(session)) = (decoded, row.session) {
                self.decoded(id, session, at, captured, true);
            }
        } else if !(self.wanting.is_open() || self.wanting.names(&row.name)) {
            pause(row, now);
        }
        (id, introduced.superseded)
    }

    /// A session is over. Where its client has another one by now, that makes no difference to it.
    pub(crate) fn disconnected(&mut self, id: RowId, session: SessionId, state: State, now: Instant) {
        let Some(row) = self.rows.get_mut(id).filter(|row| row.session == Some(session)) else { return };
        row.state = state;
        row.session = None;
        row.gone_at = Some(now);
        if state == State::Ended {
            row.network.restart();
        }
        let mut stills = Stills::default();
        if self.wanting.is_forgiving(now) {
            pause(row, now);
        } else if state == State::Ended && self.wanting.is_open() && self.wanting.is_running() {
            row.said_bye = true;
            row.wanted.end(now);
            stills = row.viewer.end(now);
        } else if state == State::Ended && row.wanted.is_running() {
            row.wanted.end(now);
            row.away_since = Some(now);
        }
        self.count(id, now, stills);
        let wanting = &self.wanting;
        self.rows.close(id, |row| wanting.names(&row.name));
    }

    /// Who is wanted has changed: the time of those that are not any more ends.
    pub(crate) fn wanting_changed(&mut self, now: Instant) {
        let wanting = &self.wanting;
        for (_, row) in self.rows.iter_mut() {
            let is_wanted = wanting.is_running() && (wanting.is_open() || wanting.names(&row.name));
            if !is_wanted {
                pause(row, now);
            }
        }
    }

    /// The operator changed something by itself: time begins anew with the next decoded frame of each client.
    pub(crate) fn epoch_changed(&mut self, now: Instant) {
        self.rows.iter_mut().for_each(|(_, row)| pause(row, now));
    }

    /// The server sends nothing any more: what is open counts up to here.
    pub(crate) fn end_media(&mut self, now: Instant) {
        if !self.wanting.end_media(now) {
            return;
        }
        let ended = |(id, row): (RowId, &mut Row)| {
            let is_running = row.wanted.is_running();
            row.wanted.end(now);
            is_running.then(|| (id, row.viewer.end(now)))
        };
        let ended: Vec<_> = self.rows.iter_mut().filter_map(ended).collect();
        ended.into_iter().for_each(|(id, stills)| self.count(id, now, stills));
    }

    /// What the operator did last is not forgiven any more at `now`: who is still away counts as absent from then on.
    pub(crate) fn end_grace(&mut self, now: Instant) {
        let Some(until) = self.wanting.forgiven_until().filter(|until| *until <= now) else { return };
        let wanting = &self.wanting;
        for (_, row) in self.rows.iter_mut() {
            let is_due = wanting.is_running() && !row.wanted.is_running() && wanting.wants(row, now);
            // A frame decoded since would have begun the time.
            if is_due && row.viewer.last_decoded().is_some_and(|decoded| decoded < until) {
                row.wanted.begin(until);
                row.viewer.start(until);
            }
        }
    }

    /// No fate of a frame captured before `until` will change: the window reaches there.
    pub(crate) fn settle(&mut self, until: Instant) {
        let rows = &self.rows;
        let measured = || rows.iter().filter(|row| !row.is_aligned());
        let all = |from, to| measured().map(|row| row.wanted.within(from, to)).sum();
        let (good, time) = self.window.settle(until, all);
        self.settled.0 += good;
        self.settled.1 += time;
        for (_, row) in self.rows.iter_mut() {
            let wanted = &row.wanted;
            let (good, time) = row.window.settle(until, |from, to| wanted.within(from, to));
            row.settled.0 += good;
            row.settled.1 += time;
            row.wanted.forget(self.window.end());
        }
    }

    /// The server says what kept it from its work; `skipped` frames of those that were due were left out so far.
    pub(crate) fn server_evidence(&mut self, sample: ProgramSample, skipped: u64, now: Instant) {
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        let due =
            now.saturating_duration_since(self.started).as_secs_f64() * f64::from(self.frames_per_second);
        let figures = ProgramFigures {
            throttled_milliseconds: milliseconds(sample.throttled),
            pressure_milliseconds: milliseconds(sample.pressure),
            worst_lateness_milliseconds: milliseconds(sample.worst_lateness),
            shard_worst_lateness_milliseconds: milliseconds(sample.shard_worst_lateness),
            dropped: skipped,
            frames: due as u64,
        };
        self.program.add(now, figures, stretch(self.window.length()));
        self.sample = ProgramSample {
            throttled: sample.throttled,
            pressure: sample.pressure,
            worst_lateness: self.sample.worst_lateness.max(sample.worst_lateness),
            shard_worst_lateness: self.sample.shard_worst_lateness.max(sample.shard_worst_lateness),
        };
    }

    /// The set-ups of the window; where nobody connected in it, the last one of each client that is or should be there.
    pub(crate) fn setups_at(&self, now: Instant) -> Option<SetupQuantiles> {
        let counts = |row: &&Row| row.is_connected() || self.wanting.wants(row, now);
        let last = || of_list(self.rows.iter().filter(counts).filter_map(|row| row.setups.last()).collect());
        self.setup.quantiles_since(self.window.since(now)).or_else(last)
    }

    /// What the server knows of the packets of a session.
    pub(crate) fn network_sample(
        &mut self,
        row: RowId,
        session: SessionId,
        sample: NetworkSample,
        now: Instant,
    ) {
        let least = stretch(self.window.length());
        if let Some(row) = self.rows.get_mut(row) {
            let new = row.network.sent(session, sample, now, least);
            let newest =
                NetworkSample { round_trip: new.round_trip, jitter: new.jitter, ..self.network.joined(&new) };
            self.network = newest;
        }
    }

    /// A client that said bye at `since` was to be there all the same, and is again since `until`.
    fn absent(&mut self, id: RowId, since: Instant, until: Instant) {
        let settled = self.window.end();
        let Some(row) = self.rows.get_mut(id) else { return };
        row.wanted.begin(since.max(settled));
        // What is settled by now was counted without it.
        let missed = settled.min(until).saturating_duration_since(since);
        row.settled.1 += missed;
        let is_aligned = row.is_aligned();
        if !is_aligned {
            self.settled.1 += missed;
        }
        let (mut from, end) = (since.max(self.window.since(settled)), settled.min(until));
        while from < end {
            let to = end.min(from + Grid::SHORT);
            let wanted = Entry::Wanted(to - from);
            if let Some(row) = self.rows.get_mut(id) {
                row.window.record(from, wanted);
            }
            if !is_aligned {
                self.window.record(from, wanted);
            }
            from = to;
        }
    }

    fn count(&mut self, row: RowId, at: Instant, stills: Stills) {
        if let Some(gap) = stills.gap {
            self.record(row, at, Entry::Gap(gap));
        }
        if stills.freezes > 0 {
            self.record(row, at, Entry::Frozen(stills.freezes));
        }
    }
}

fn pause(row: &mut Row, now: Instant) {
    row.wanted.end(now);
    row.viewer.pause();
    row.away_since = None;
}
