//! Records every entry wherever it counts.

mod evidence;
mod numbers;

use std::borrow::Cow;
use std::time::{Duration, Instant};

use report::{
    CandidatePair, PathMtu, SessionId, SetupQuantiles, State,
    channel::{ClientStats, Hello},
};

use self::{evidence::ServerEvidence, numbers::Numbers};
use crate::{
    clients::{Opening, Row, RowId, Rows, Stills, Viewer, Wanting, Ways},
    evidence::{NetworkSample, ProgramSample, stretch},
    frames::Step,
    settings::Settings,
    statistics::{Distribution, Entry, FrameStatistics, Grid, SetupStatistics, of_list},
};

/// All there is to know of clients: numbers, who is to be there, and what kept them from their work.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) rows: Rows,
    pub(crate) numbers: Numbers,
    pub(crate) setup: SetupStatistics,
    pub(crate) wanting: Wanting,
    pub(crate) evidence: ServerEvidence,
    /// Where it is to be said which way media takes.
    pub(crate) ways: Option<Ways>,
    frames_per_second: u32,
    started: Instant,
}

impl Recorder {
    /// Nothing recorded; the window has this length.
    pub(crate) fn new(settings: &Settings) -> Self {
        let grid = Grid::new(settings.started, settings.window);
        Self {
            rows: Rows::default(),
            numbers: Numbers::new(grid),
            setup: SetupStatistics::of_all(),
            wanting: Wanting::default(),
            evidence: ServerEvidence::new(settings.started, settings.frames_per_second),
            ways: None,
            frames_per_second: settings.frames_per_second,
            started: settings.started,
        }
    }

    /// A row for a client that has just signalled.
    pub(crate) fn open(&mut self, address: &str, session: SessionId, waits_since: Instant) -> RowId {
        let window = self.numbers.window.aligned(FrameStatistics::of_client_slice);
        let viewer = Viewer::new(self.started, self.frames_per_second);
        self.rows.open(address, Opening { session, waits_since, viewer, window })
    }

    /// Another length of the window; it begins anew.
    pub(crate) fn set_window(&mut self, length: Duration, now: Instant) {
        let grid = Grid::new(now, length);
        if grid.length() != self.numbers.window.length() {
            self.numbers.begin_window(&mut self.rows, grid);
        }
    }

    /// As [`Numbers::record`].
    pub(crate) fn record(&mut self, id: RowId, moment: Instant, entry: Entry) {
        self.numbers.record(&mut self.rows, id, moment, entry);
    }

    /// As [`Numbers::stepped`].
    pub(crate) fn stepped(&mut self, id: RowId, moment: Instant, step: Step) {
        self.numbers.stepped(&mut self.rows, id, moment, step);
    }

    /// All clients, over the whole run.
    pub(crate) fn total(&self) -> Cow<'_, FrameStatistics<Distribution<u64>>> {
        self.numbers.total(&self.rows)
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
        if row.away_since.is_some() || !row.wanted.is_running() {
            let is_wanted = wanting.is_running() && (wanting.is_open() || wanting.names(&row.name));
            if is_wanted && let Some(since) = row.away_since.take() {
                self.absent(id, since, captured);
            } else if is_wanted && !row.wanted.is_running() {
                row.wanted.begin(captured);
                row.viewer.start(at);
            }
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
        self.numbers.sample(&mut self.rows);
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
        let removed = self.rows.close(id, |row| wanting.names(&row.name));
        removed.iter().for_each(|row| self.numbers.forget(row));
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
        self.numbers.settle(&mut self.rows, until);
    }

    /// As [`ServerEvidence::add`].
    pub(crate) fn server_evidence(&mut self, sample: ProgramSample, skipped: u64, now: Instant) {
        self.evidence.add(sample, skipped, now, stretch(self.numbers.window.length()));
    }

    /// The set-ups of the window; where nobody connected in it, the last one of each client that is or should be there.
    pub(crate) fn setups_at(&self, now: Instant) -> Option<SetupQuantiles> {
        let counts = |row: &&Row| row.is_connected() || self.wanting.wants(row, now);
        let last = || of_list(self.rows.iter().filter(counts).filter_map(|row| row.setups.last()).collect());
        self.setup.quantiles_since(self.numbers.window.since(now)).or_else(last)
    }

    /// The way that media takes to a client, as the server sees it.
    pub(crate) fn path(&mut self, row: RowId, pair: CandidatePair) {
        if let Some(row) = self.rows.get_mut(row) {
            row.server_path = Some(pair);
        }
    }

    /// How large a packet may be to reach a client, and how large the largest of its media is.
    pub(crate) fn path_mtu(&mut self, row: RowId, to_client: Option<u16>, largest_packet: Option<u16>) {
        if let Some(row) = self.rows.get_mut(row) {
            row.path_mtu = PathMtu { to_client, to_server: None, largest_packet };
        }
    }

    /// What the server knows of the packets of a session.
    pub(crate) fn network_sample(
        &mut self,
        row: RowId,
        session: SessionId,
        sample: NetworkSample,
        now: Instant,
    ) {
        let least = stretch(self.numbers.window.length());
        if let Some(row) = self.rows.get_mut(row) {
            let new = row.network.sent(session, sample, now, least);
            self.evidence.sent(&new);
        }
    }

    /// A client that said bye at `since` was to be there all the same, and is again since `until`.
    fn absent(&mut self, id: RowId, since: Instant, until: Instant) {
        let settled = self.numbers.window.end();
        let Some(row) = self.rows.get_mut(id) else { return };
        row.wanted.begin(since.max(settled));
        // What is settled by now was counted without it.
        let missed = settled.min(until).saturating_duration_since(since);
        row.settled.1 += missed;
        let is_aligned = row.is_aligned();
        if !is_aligned {
            self.numbers.settled.1 += missed;
        }
        let (mut from, end) = (since.max(self.numbers.window.since(settled)), settled.min(until));
        while from < end {
            let to = end.min(from + Grid::SHORT);
            let wanted = Entry::Wanted(to - from);
            if let Some(row) = self.rows.get_mut(id) {
                row.window.record(from, wanted);
            }
            if !is_aligned {
                self.numbers.window.record(from, wanted);
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
