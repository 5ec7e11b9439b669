//! The whole of it: frames and sessions come and go, and at any time there is a summary.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use report::{
    CandidatePair, ErrorCode, ErrorEntry, ErrorLog, SessionId, Stage, State, Summary, judged::JudgedSession,
    milliseconds, post::Answer,
};

use crate::{
    clients::{self, Latest},
    evidence::{NetworkSample, ProgramSample},
    frames::Truth,
    matching::{self, MessageOutcome},
    recorder::Recorder,
    sessions::{Ended, LOST_AFTER, Presence, SessionTable},
    settings::Settings,
    statistics::{Entry, Grid, Histograms},
    verdict::{Objectives, Verdict, judge},
    views::{self, Pace},
};

/// All frames, sessions and numbers of a run. Memory is bounded by the number of connected sessions.
///
/// Events must be passed in the order in which they happened, as far as they depend on each other: a frame before the
/// reports for it. [`Measurement::expire_lost`] must be called about once a second, and before numbers are shown: what is
/// recent ends where it has got to.
#[derive(Debug)]
pub struct Measurement {
    settings: Settings,
    sessions: SessionTable,
    recorder: Recorder,
    errors: ErrorLog,
    /// Sessions that are to be closed.
    superseded: Vec<SessionId>,
    skipped_frames: u64,
    finished: Option<Instant>,
}

impl Measurement {
    /// Nothing has happened yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            sessions: SessionTable::new(settings.frames_per_second),
            recorder: Recorder::new(&settings),
            errors: ErrorLog::default(),
            superseded: Vec::new(),
            skipped_frames: 0,
            finished: None,
            settings,
        }
    }

    /// A frame was captured. It counts as sent to every session that is counting; to be called before it is published.
    /// Frames must come in the order of their capture.
    pub fn captured(&mut self, truth: Truth) {
        self.sessions.captured(truth, &mut self.recorder);
    }

    /// Frames were left out to keep the pace.
    pub fn skipped(&mut self, frames: u64) {
        self.skipped_frames += frames;
    }

    /// Signalling was accepted: from here on the client has a row, under its address until its hello.
    pub fn connect(&mut self, id: SessionId, peer: SocketAddr, now: Instant) {
        if self.finished.is_none() {
            self.sessions.connect(id, peer, now, &mut self.recorder);
        }
    }

    /// Setting up a session got further. The first time counts.
    pub fn reached(&mut self, id: SessionId, stage: Stage, at: Instant) {
        let Some((session, row)) = self.sessions.live(id, &mut self.recorder) else { return };
        let elapsed = milliseconds(at.saturating_duration_since(session.connected));
        let entry = match stage {
            Stage::Signaling => &mut row.setup.signaling,
            Stage::Ice => &mut row.setup.ice,
            Stage::Dtls => &mut row.setup.dtls,
            Stage::Channel => {
                row.has_channel = true;
                return session.questions.channel_opened(at);
            }
            Stage::FirstFrame => &mut row.setup.first_frame,
        };
        entry.get_or_insert(elapsed);
        if stage == Stage::Dtls {
            row.state = State::Connected;
        }
    }

    /// The RTP timestamps of a session's packets are those of the frames plus `offset`, and so are those of its reports.
    /// All timestamps that are passed here otherwise are those of the frames.
    pub fn set_timestamp_offset(&mut self, id: SessionId, offset: u32) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.timestamp_offset = offset;
        }
    }

    /// The last packet of the frame with this timestamp was given to a socket at `at`. Of several calls the latest moment
    /// counts.
    pub fn frame_written(&mut self, timestamp: u32, at: Instant) {
        self.sessions.timeline.written(timestamp, at);
    }

    /// What the server knows of the packets of a session, about once a second.
    pub fn network_sample(&mut self, id: SessionId, sample: NetworkSample, now: Instant) {
        if let Some(session) = self.sessions.get(id) {
            self.recorder.network_sample(session.row, id, sample, now);
        }
    }

    /// The way that the media of a session takes from now on, as the server sees it.
    pub fn path(&mut self, id: SessionId, pair: CandidatePair) {
        if let Some(session) = self.sessions.get(id) {
            self.recorder.path(session.row, pair);
        }
    }

    /// How large a packet may be to reach the peer of a session, and how large the largest is that was sent to it.
    pub fn path_mtu(&mut self, id: SessionId, to_client: Option<u16>, largest_packet: Option<u16>) {
        if let Some(session) = self.sessions.get(id) {
            self.recorder.path_mtu(session.row, to_client, largest_packet);
        }
    }

    /// It is to be said from now on which way the media of each client takes, of a server that clients reach at `advertised`, or at
    /// its own addresses.
    pub fn judge_ways(&mut self, advertised: &[SocketAddr]) {
        self.recorder.ways.get_or_insert_default().advertise(advertised);
    }

    /// What kept the server from its work, about once a second.
    pub fn server_evidence(&mut self, sample: ProgramSample, now: Instant) {
        self.recorder.server_evidence(sample, self.skipped_frames, now);
    }

    /// What the operator answered to a post. What of it cannot be read changes nothing.
    pub fn apply_answer(&mut self, answer: &Answer, now: Instant) {
        if let Ok(window) = Duration::try_from_secs_f64(answer.window_seconds) {
            self.set_window(window, now);
        }
        self.set_epoch(&answer.epoch, now);
        if let Some(ids) = answer.wanted_ids() {
            self.set_wanted(Some(ids), now);
        }
        self.set_suspended(answer.suspended, now);
    }

    /// The length of the window. Another one than before begins anew.
    pub fn set_window(&mut self, length: Duration, now: Instant) {
        self.recorder.set_window(length, now);
    }

    /// The ids of the clients that are to be there, whether they are connected or not. Where nobody says it (`None`), those are
    /// that have had media and did not say bye.
    pub fn set_wanted(&mut self, ids: Option<Vec<String>>, now: Instant) {
        self.recorder.wanting.set_ids(ids, now);
        self.recorder.wanting_changed(now);
    }

    /// The operator's own changes, each with another `epoch`. The first one says nothing; of a change the consequences are
    /// forgiven for 60 s.
    pub fn set_epoch(&mut self, epoch: &str, now: Instant) {
        if self.recorder.wanting.set_epoch(epoch, now) {
            self.recorder.epoch_changed(now);
        }
    }

    /// Whether nothing is to be measured for now.
    pub fn set_suspended(&mut self, is_suspended: bool, now: Instant) {
        if self.recorder.wanting.set_suspended(is_suspended) {
            self.recorder.wanting_changed(now);
        }
    }

    /// The server stops sending, to everybody: from here no gap grows and nobody is waited for. The first call counts.
    pub fn end_media(&mut self, now: Instant) {
        self.recorder.end_media(now);
    }

    /// This is the first frame that went to a session, counted or not: where the peer's own timestamps begin. The
    /// first call counts.
    pub fn sent_from(&mut self, id: SessionId, timestamp: u32) {
        self.sessions.sent_from(id, timestamp);
    }

    /// The report channel is open, and this is the first keyframe sent after it: it and the frames captured since
    /// count. The first call counts.
    pub fn start_counting(&mut self, id: SessionId, first_timestamp: u32) {
        let Some((_, row)) = self.sessions.live(id, &mut self.recorder) else { return };
        row.state = State::Connected;
        self.sessions.start_counting(id, first_timestamp, &mut self.recorder);
    }

    /// No more frames go to a session. `last_timestamp` is the last one that really went, `None` if none did:
    /// pending frames after it do not count as sent, earlier ones stay pending.
    pub fn stop_counting(&mut self, id: SessionId, last_timestamp: Option<u32>) {
        self.sessions.stop_counting(id, last_timestamp, &mut self.recorder);
    }

    /// A message came on a session's report channel.
    pub fn message(&mut self, id: SessionId, at: Instant, data: &[u8]) -> MessageOutcome {
        let session = self.sessions.with_timeline(id).filter(|_| self.finished.is_none());
        let Some((session, timeline)) = session else { return MessageOutcome::UnknownSession };
        let (outcome, superseded) = matching::message(session, at, data, timeline, &mut self.recorder);
        if let MessageOutcome::Malformed(reason) = &outcome {
            self.recorder.record(session.row, at, Entry::Malformed);
            self.error(Some(id), ErrorCode::MalformedReport, reason, at);
        }
        if let Some(superseded) = superseded {
            if let Some(session) = self.sessions.get_mut(superseded) {
                session.ledger.close();
            }
            self.superseded.push(superseded);
        }
        outcome
    }

    /// The sessions that have to make place for others of the same client, since the last call: they are to be closed with a
    /// bye. What is sent to them does not count any more.
    pub fn take_superseded(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.superseded)
    }

    /// A session is over. What is still pending stays pending until it is 3 s old.
    pub fn disconnect(&mut self, id: SessionId, how: Ended, now: Instant) {
        let Some(row) = self.sessions.end(id, now).map(|session| session.row) else { return };
        let state = match how {
            Ended::Bye => State::Ended,
            Ended::Lost => {
                self.error(Some(id), ErrorCode::PeerLost, "gone without a bye", now);
                State::Lost
            }
            Ended::Failed { code, message } => {
                self.error(Some(id), code, &message, now);
                State::Failed
            }
        };
        self.recorder.disconnected(row, id, state, now);
    }

    /// Something went wrong, in a session or outside of any.
    pub fn error(&mut self, id: Option<SessionId>, code: ErrorCode, message: &str, at: Instant) {
        let at = self.settings.wall_clock(at);
        match id.and_then(|id| self.client(id)) {
            Some(client) => {
                let message = format!("{client}: {message}");
                self.errors.record(code, &message, at);
            }
            None => self.errors.record(code, message, at),
        }
    }

    /// Frames that are older than 3 s are lost; sessions that are over and have no pending frame are forgotten.
    pub fn expire_lost(&mut self, now: Instant) {
        self.sessions.expire_lost(now, &mut self.recorder);
        if let Some(until) = now.checked_sub(LOST_AFTER).filter(|_| self.finished.is_none()) {
            self.recorder.settle(until);
        }
        self.recorder.end_grace(now);
        self.sessions.forget_ended();
    }

    /// The run is over: nothing is counted any more, what is still pending is lost.
    pub fn finish(&mut self, now: Instant) {
        self.end_media(now);
        self.finished.get_or_insert(now);
        self.sessions.finish(&mut self.recorder);
        // The slice of this moment included.
        self.recorder.settle(now + Grid::SHORT);
    }

    /// The sessions whose peers are to be asked now where the ball is, because they report nothing unprompted.
    pub fn due_questions(&mut self, now: Instant) -> Vec<SessionId> {
        self.sessions.due_questions(now)
    }

    /// Whether any session will be due for a question if nothing comes of it. Where there is none, the next one is due
    /// [`QUESTION_INTERVAL`](crate::QUESTION_INTERVAL) from now at the earliest.
    pub fn questions_are_awaited(&self) -> bool {
        self.sessions.questions_are_awaited()
    }

    /// The first moment after `after` that is in the middle between two captures: there a question finds a peer with
    /// the newest frame decoded and the next one not yet come, so that little depends on how long either takes.
    pub fn between_frames(&self, after: Instant) -> Instant {
        self.sessions.timeline.between_frames(after)
    }

    /// How many of the clients that the operator names have had media and are not connected.
    pub fn absent(&self) -> usize {
        let Recorder { rows, wanting, .. } = &self.recorder;
        rows.iter()
            .filter(|row| {
                !row.is_connected() && row.viewer.last_decoded().is_some() && wanting.names(&row.name)
            })
            .count()
    }

    /// How many clients are connected at `now`, and how many of them have no media.
    pub fn presence(&self, now: Instant) -> Presence {
        self.sessions.presence(now)
    }

    /// All numbers at `now`, or at the end of the run if that is earlier.
    pub fn summary(&self, now: Instant) -> Summary {
        views::summary(&self.settings, &self.recorder, &self.errors, self.skipped_frames, self.until(now))
    }

    /// What is judged of the last window.
    pub fn judged(&self, now: Instant) -> JudgedSession {
        views::judged(&self.recorder, self.pace(), self.until(now))
    }

    /// What is judged of the whole run.
    pub fn judged_run(&self, now: Instant) -> JudgedSession {
        views::judged_run(&self.recorder, self.pace(), self.settings.started, self.until(now))
    }

    /// Whether the last window is good enough. What is said of several in a row is [`crate::verdict::Hysteresis`]'s.
    pub fn verdict(&self, objectives: &Objectives, now: Instant) -> Verdict {
        judge(&self.judged(now), objectives)
    }

    /// Whether the whole run is good enough.
    pub fn verdict_run(&self, objectives: &Objectives, now: Instant) -> Verdict {
        judge(&self.judged_run(now), objectives)
    }

    /// The errors and latencies of the whole run, of the samples that the summary's quantiles are of.
    pub fn histograms(&self) -> Histograms {
        self.recorder.total().histograms()
    }

    /// The errors so far, one entry a code.
    pub fn errors(&self) -> impl Iterator<Item = &ErrorEntry> {
        self.errors.entries()
    }

    /// The newest position of each connected client that reported one within the last 2 s.
    pub fn latest(&self, now: Instant) -> impl Iterator<Item = Latest<'_>> {
        self.recorder.rows.iter().filter_map(move |row| clients::latest(row, now))
    }

    /// The name of a session's client: the id of its hello, or its address.
    pub fn client(&self, id: SessionId) -> Option<&str> {
        let row = self.recorder.rows.get(self.sessions.get(id)?.row)?;
        Some(&row.name)
    }

    /// Whether nothing more can change for a session: no further frame goes to it, and none is pending.
    pub fn is_settled(&self, id: SessionId) -> bool {
        self.sessions.get(id).is_none_or(|session| session.ledger.is_done())
    }

    /// `now`, or the end of the run if that is earlier.
    fn until(&self, now: Instant) -> Instant {
        self.finished.map_or(now, |finished| finished.min(now))
    }

    fn pace(&self) -> Pace {
        Pace { frames_per_second: self.settings.frames_per_second }
    }
}
