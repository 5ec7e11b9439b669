//! What the client knows of itself: counted while it runs, shown by status and summary.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use media::receiver::Stats;
use picture::Point;
use process::{Cgroup, CpuHindrance};
use report::channel::{ClientStats, FormerEnd, FrameOutcome};
use report::{
    ClientFrames, ClientSetup, ClientSummary, ErrorCode, ErrorLog, SCHEMA_VERSION, Stage, State, milliseconds,
};
use tokio::sync::watch;

use crate::decode_statistics::DecodeStatistics;
use crate::lateness::Lateness;
use crate::receiver_statistics::ReceiverStatistics;
use crate::recovery::{RecoveryClock, SessionEnd, lost};

/// A client whose last decoded frame is older than this is not ready.
const FRESH: Duration = Duration::from_secs(2);

/// A client whose last decoded frame is older than this has no media.
const WITHOUT_MEDIA: Duration = Duration::from_secs(3);

/// The counters, shared by tasks and the thread that receives and decodes.
#[derive(Debug)]
pub(crate) struct Counters {
    inner: Mutex<Inner>,
    /// A random word for this process, the same in all of its sessions.
    instance: String,
    started: Instant,
    cgroup: Cgroup,
    first_decoded: watch::Sender<Option<Instant>>,
    /// Notifies of every error, and whenever the state may have changed.
    changes: watch::Sender<()>,
}

#[derive(Debug)]
struct Inner {
    summary: ClientSummary,
    errors: ErrorLog,
    sessions: u32,
    dialled: Instant,
    decoding: DecodeStatistics,
    lateness: Lateness,
    received: ReceiverStatistics,
    recovery: RecoveryClock,
    last_end: Option<SessionEnd>,
    /// Whether media was missing when that was last checked.
    was_without_media: bool,
    last_position: Option<(Point, f64)>,
}

/// How long the parts of processing a frame took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameTiming {
    /// From its last packet to the begin of decoding.
    pub(crate) waited: Duration,
    /// Decoding.
    pub(crate) decode: Duration,
    /// Whether it is one.
    pub(crate) keyframe: bool,
}

impl Inner {
    fn stats(&self, hindrance: CpuHindrance, now: Instant) -> ClientStats {
        let frames = self.summary.frames;
        let mut stats = ClientStats {
            frames_received: frames.received,
            frames_dropped: frames.undecodable,
            ..ClientStats::default()
        };
        self.received.fill(&mut stats);
        self.decoding.fill(&mut stats, now);
        stats.recovery = self.recovery.recovery(now);
        let milliseconds = |time: Duration| time.as_micros() as f64 / 1e3;
        stats.cpu.worst_lateness_milliseconds = Some(milliseconds(self.lateness.worst()));
        stats.cpu.throttled_milliseconds = hindrance.throttled.map(milliseconds);
        stats.cpu.pressure_milliseconds = hindrance.pressure.map(milliseconds);
        stats
    }
}

impl Counters {
    pub(crate) fn new(id: String, server: String, started: Instant, started_at: Timestamp) -> Self {
        let summary = ClientSummary {
            schema_version: SCHEMA_VERSION,
            id,
            started_at,
            duration_seconds: 0.0,
            state: State::Connecting,
            server,
            reconnects: 0,
            frames: ClientFrames::default(),
            queue_overruns: 0,
            setup_milliseconds: ClientSetup::default(),
            path: None,
            recovery: None,
            errors: Vec::new(),
        };
        let inner = Inner {
            summary,
            errors: ErrorLog::default(),
            sessions: 0,
            dialled: started,
            decoding: DecodeStatistics::default(),
            lateness: Lateness::default(),
            received: ReceiverStatistics::default(),
            recovery: RecoveryClock::default(),
            last_end: None,
            was_without_media: false,
            last_position: None,
        };
        Self {
            inner: Mutex::new(inner),
            instance: format!("{:016x}", fastrand::u64(..)),
            started,
            cgroup: Cgroup::own(),
            first_decoded: watch::Sender::new(None),
            changes: watch::Sender::new(()),
        }
    }

    /// The client begins to dial.
    pub(crate) fn dialling(&self, now: Instant) {
        let mut inner = self.lock();
        inner.dialled = now;
        inner.summary.state = State::Connecting;
        inner.summary.setup_milliseconds = ClientSetup::default();
        drop(inner);
        self.changes.send_replace(());
    }

    /// A session begins; answers how many were connected before.
    pub(crate) fn session_begins(&self) -> u32 {
        let mut inner = self.lock();
        inner.summary.reconnects = inner.sessions;
        inner.sessions
    }

    pub(crate) fn reached(&self, stage: Stage, at: Instant) {
        let mut inner = self.lock();
        let elapsed = milliseconds(at.saturating_duration_since(inner.dialled));
        let Inner { summary, sessions, .. } = &mut *inner;
        let setup = &mut summary.setup_milliseconds;
        let entry = match stage {
            Stage::Signaling => &mut setup.signaling,
            Stage::Ice => &mut setup.ice,
            Stage::Dtls => {
                summary.state = State::Connected;
                *sessions += 1;
                &mut setup.dtls
            }
            Stage::FirstFrame => &mut setup.first_frame,
            // A client's summary has no place for it.
            Stage::Channel => return,
        };
        entry.get_or_insert(elapsed);
        drop(inner);
        self.changes.send_replace(());
    }

    /// A complete frame was processed.
    pub(crate) fn frame(&self, outcome: FrameOutcome, now: Instant, timing: FrameTiming) {
        let mut inner = self.lock();
        inner.lateness.late(timing.waited);
        let frames = &mut inner.summary.frames;
        frames.received += 1;
        match outcome {
            FrameOutcome::Undecodable => {
                frames.undecodable += 1;
                return;
            }
            FrameOutcome::Undetected => frames.undetected += 1,
            FrameOutcome::Position { x, y, confidence } => {
                frames.detected += 1;
                inner.last_position = Some((Point { x, y }, confidence));
            }
        }
        inner.summary.frames.decoded += 1;
        let elapsed = milliseconds(now.saturating_duration_since(inner.dialled));
        inner.summary.setup_milliseconds.first_decoded.get_or_insert(elapsed);
        let is_first = inner.decoding.last_decoded().is_none();
        inner.decoding.decoded(now, timing.decode, timing.keyframe);
        inner.recovery.decoded(now);
        if is_first {
            self.first_decoded.send_replace(Some(now));
        }
    }

    /// A frame came, and was complete or given up at `complete`.
    pub(crate) fn received(&self, complete: Instant) {
        self.lock().decoding.received(complete);
    }

    /// The process's heartbeat came at `now`, so late.
    pub(crate) fn beat(&self, late: Duration, now: Instant) {
        self.lock().lateness.beat(late, now);
    }

    /// Lets `send` send the server what it is sent once a second; `received` is what the session's connection counted. Where
    /// there was somebody to send it to the worst lateness starts anew, under the same lock: none is lost.
    pub(crate) fn send_stats(&self, received: Stats, now: Instant, send: impl FnOnce(&ClientStats) -> bool) {
        let hindrance = self.cgroup.read();
        let mut inner = self.lock();
        inner.received.read(received);
        inner.lateness.check_beat(now);
        if send(&inner.stats(hindrance, now)) {
            inner.lateness.said();
        }
    }

    /// What would be sent, without a new reading of the connection.
    pub(crate) fn stats_so_far(&self, now: Instant) -> ClientStats {
        let hindrance = self.cgroup.read();
        self.lock().stats(hindrance, now)
    }

    /// What the connections of all sessions counted, as of the last reading.
    pub(crate) fn transport(&self) -> Stats {
        self.lock().received.sum()
    }

    /// Which of these addresses of a server media has come from in a session before.
    pub(crate) fn had_answered(&self, server: &[SocketAddr]) -> Option<SocketAddr> {
        let remote = self.lock().received.sum().path?.remote.socket_address();
        server.contains(&remote).then_some(remote)
    }

    /// A session is over: its state now, how it ended, what its connection counted, and whether a server had answered where it
    /// was to go in a session before.
    pub(crate) fn session_ended(
        &self,
        state: State,
        how: FormerEnd,
        received: &Stats,
        was_at_former_address: bool,
    ) {
        let unanswered = received.unanswered.map(|unanswered| (unanswered.packets, unanswered.silence));
        let end = SessionEnd { how, unanswered, was_at_former_address };
        let mut inner = self.lock();
        inner.recovery.session_ended(end);
        inner.last_end = Some(end);
        inner.summary.state = state;
        inner.summary.queue_overruns += received.overruns;
        inner.received.session_ended(received);
        inner.lateness.unheard();
        drop(inner);
        self.changes.send_replace(());
    }

    /// Why the last session's server is gone, in words.
    pub(crate) fn why_lost(&self) -> String {
        let inner = self.lock();
        let server = inner.received.sum().path.map(|path| path.remote.socket_address().to_string());
        let end = inner.last_end.unwrap_or(SessionEnd::UNKNOWN);
        lost(end, server.as_deref())
    }

    pub(crate) fn error(&self, code: ErrorCode, message: &str) {
        tracing::warn!(%code, "{message}");
        let mut inner = self.lock();
        let at = self.wall_clock(inner.summary.started_at, Instant::now());
        inner.errors.record(code, message, at);
        drop(inner);
        self.changes.send_replace(());
    }

    /// Notifies that something went wrong, or that the state may have changed.
    pub(crate) fn changes(&self) -> &watch::Sender<()> {
        &self.changes
    }

    /// The connection's state, and what went wrong so far.
    pub(crate) fn state_and_error_codes(&self) -> (State, BTreeSet<ErrorCode>) {
        let inner = self.lock();
        (inner.summary.state, inner.errors.entries().map(|error| error.code).collect())
    }

    /// Becomes the moment of the first decoded frame.
    pub(crate) fn first_decoded(&self) -> watch::Receiver<Option<Instant>> {
        self.first_decoded.subscribe()
    }

    /// When a frame was last decoded, by the clock of the errors' times.
    pub(crate) fn last_decoded_at(&self) -> Option<Timestamp> {
        let inner = self.lock();
        inner.decoding.last_decoded().map(|last| self.wall_clock(inner.summary.started_at, last))
    }

    /// What the wall clock shows at `at` that showed `started_at` at the start. It may have been set since: the order of what
    /// happened is not to change with it.
    fn wall_clock(&self, started_at: Timestamp, at: Instant) -> Timestamp {
        let elapsed = at.saturating_duration_since(self.started);
        started_at.checked_add(elapsed).unwrap_or(started_at)
    }

    /// When a frame was last decoded.
    pub(crate) fn last_decoded(&self) -> Option<Instant> {
        self.lock().decoding.last_decoded()
    }

    /// For how long there has been no decoded frame, since the start where there never was one; `None` while there is media.
    pub(crate) fn without_media(&self, now: Instant) -> Option<Duration> {
        let since = self.last_decoded().unwrap_or(self.started);
        Some(now.saturating_duration_since(since)).filter(|absence| *absence >= WITHOUT_MEDIA)
    }

    /// Notifies where media went missing or came back since the last call.
    pub(crate) fn check_media(&self, now: Instant) {
        let is_without = self.without_media(now).is_some();
        if std::mem::replace(&mut self.lock().was_without_media, is_without) != is_without {
            self.changes.send_replace(());
        }
    }

    /// A random word for this process.
    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    /// Whether a frame was decoded lately.
    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        self.last_decoded().is_some_and(|at| now.saturating_duration_since(at) <= FRESH)
    }

    /// Where the ball was seen last, and how surely.
    pub(crate) fn last_position(&self) -> Option<(Point, f64)> {
        self.lock().last_position
    }

    pub(crate) fn summary(&self, now: Instant) -> ClientSummary {
        let inner = self.lock();
        let elapsed = now.saturating_duration_since(self.started);
        ClientSummary {
            duration_seconds: elapsed.as_millis() as f64 / 1e3,
            path: inner.received.sum().path,
            recovery: inner.recovery.latest(now),
            errors: inner.errors.entries().cloned().collect(),
            ..inner.summary.clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every method leaves whole numbers behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
