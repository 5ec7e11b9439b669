//! The whole of it: frames and sessions come and go, and at any time there is a summary.

mod foreign;
mod messages;
mod presence;
mod questions;
mod readings;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use jiff::{Timestamp, Unit};
use report::{ErrorCode, ErrorLog, SessionId, Stage, State, milliseconds};

use crate::{
    asking::Asking,
    attempts::Attempts,
    books::Books,
    events::{Ended, Settings},
    ledger::Ledger,
    pairing::Pairing,
    rows::{Row, RowId, Rows},
    tally::{Entry, Fate, SetupTally, Tally},
    timeline::{Timeline, Truth},
    window::Window,
};

/// A frame without a report up to this age is lost.
const LOST_AFTER: Duration = Duration::from_secs(3);

#[derive(Debug)]
struct Session {
    row: RowId,
    connected: Instant,
    address: IpAddr,
    /// When its client signalled for the first time without getting media since.
    waits_since: Instant,
    /// The id it said, once it did.
    id: Option<String>,
    has_reported: bool,
    has_ended: bool,
    /// The timestamp of the first frame that went to the peer, counted or not.
    first_sent: Option<i64>,
    asking: Asking,
    pairing: Pairing,
    ledger: Ledger,
}

/// All frames, sessions and numbers of a run. Memory is bounded by the number of connected sessions.
///
/// Events must be told in the order in which they happened, as far as they depend on each other: a frame before the
/// reports for it. [`Measurement::expire_lost`] must be called about once a second.
#[derive(Debug)]
pub struct Measurement {
    settings: Settings,
    timeline: Timeline,
    sessions: HashMap<SessionId, Session>,
    attempts: Attempts,
    books: Books,
    errors: ErrorLog,
    skipped_frames: u64,
    finished: Option<Instant>,
}

impl Measurement {
    /// An empty board.
    pub fn new(settings: Settings) -> Self {
        Self {
            timeline: Timeline::new(settings.frames_per_second),
            sessions: HashMap::new(),
            attempts: Attempts::default(),
            books: Books {
                rows: Rows::default(),
                total: Tally::new(3),
                window: Window::new(settings.started, settings.window),
                setup: SetupTally::new(),
            },
            errors: ErrorLog::default(),
            skipped_frames: 0,
            finished: None,
            settings,
        }
    }

    /// A frame was captured. It counts as sent to every session that is counting; tell it before it is published.
    /// Frames must come in the order of their capture.
    pub fn captured(&mut self, truth: Truth) {
        let outdated = self.timeline.outdated(truth.captured);
        if outdated > self.timeline.start() {
            self.expire(outdated);
            self.timeline.forget(outdated);
        }
        let Some(ordinal) = self.timeline.push(truth) else { return };
        let Some(frame) = self.timeline.get(ordinal) else { return };
        for session in self.sessions.values_mut() {
            if session.ledger.send(ordinal, frame) {
                self.books.enter(session.row, frame.captured, Entry::Sent);
            }
        }
    }

    /// Frames were left out to keep the pace.
    pub fn skipped(&mut self, frames: u64) {
        self.skipped_frames += frames;
    }

    /// Signalling was accepted: from here on the client has a row, under its address until its hello.
    pub fn connect(&mut self, id: SessionId, peer: SocketAddr, now: Instant) {
        if self.finished.is_some() || self.sessions.contains_key(&id) {
            return;
        }
        let row = self.books.rows.open(&peer.to_string(), id);
        let ledger = Ledger::new(self.settings.frames_per_second);
        let session = Session {
            row,
            connected: now,
            address: peer.ip(),
            waits_since: self.attempts.begin(peer.ip(), now),
            id: None,
            has_reported: false,
            has_ended: false,
            first_sent: None,
            asking: Asking::default(),
            pairing: Pairing::Open,
            ledger,
        };
        self.sessions.insert(id, session);
    }

    /// Setting up a session got further. The first time counts.
    pub fn reached(&mut self, id: SessionId, stage: Stage, at: Instant) {
        if stage == Stage::Channel {
            return self.channel_opened(id, at);
        }
        let Some((session, row)) = self.live(id) else { return };
        let elapsed = milliseconds(at.saturating_duration_since(session.connected));
        let entry = match stage {
            Stage::Signaling => &mut row.setup.signaling,
            Stage::Ice => &mut row.setup.ice,
            Stage::Dtls => &mut row.setup.dtls,
            Stage::FirstFrame => &mut row.setup.first_frame,
            Stage::Channel => return,
        };
        entry.get_or_insert(elapsed);
        if stage == Stage::Dtls {
            row.state = State::Connected;
        }
    }

    /// This is the first frame that went to a session, counted or not: where the peer's own timestamps begin. The
    /// first call counts.
    pub fn sent_from(&mut self, id: SessionId, timestamp: u32) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.first_sent.get_or_insert(self.timeline.anchor(timestamp));
        }
    }

    /// The report channel is open, and this is the first keyframe sent after it: it and the frames captured since
    /// count. The first call counts.
    pub fn start_counting(&mut self, id: SessionId, first_timestamp: u32) {
        let Some((_, row)) = self.live(id) else { return };
        row.state = State::Connected;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let first = self.timeline.anchor(first_timestamp);
        if !session.ledger.start(first) {
            return;
        }
        for ordinal in self.timeline.since(first) {
            if let Some(frame) = self.timeline.get(ordinal)
                && session.ledger.send(ordinal, frame)
            {
                self.books.enter(session.row, frame.captured, Entry::Sent);
            }
        }
    }

    /// No more frames go to a session. `last_timestamp` is the last one that really went, `None` if none did:
    /// pending frames after it do not count as sent, earlier ones stay pending.
    pub fn stop_counting(&mut self, id: SessionId, last_timestamp: Option<u32>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let last = last_timestamp.and_then(|timestamp| self.timeline.nearest(timestamp)).unwrap_or(i64::MIN);
        session.ledger.stop(last, &self.timeline, |frame| {
            self.books.enter(session.row, frame.captured, Entry::Withdrawn);
        });
        Self::advance(session, &self.timeline, &mut self.books);
    }

    /// A session is over. What is still pending stays pending until it is 3 s old.
    pub fn disconnect(&mut self, id: SessionId, how: Ended, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.has_ended) else { return };
        session.has_ended = true;
        session.ledger.close();
        if !session.ledger.has_counted() {
            self.attempts.end(session.address, session.waits_since, now);
        }
        let row = session.row;
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
        self.books.rows.close(row, state);
    }

    /// Something went wrong, in a session or outside of any.
    pub fn error(&mut self, id: Option<SessionId>, code: ErrorCode, message: &str, at: Instant) {
        let at = self.wall_clock(at);
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
        self.expire(self.timeline.older_than(LOST_AFTER, now));
        self.sessions.retain(|_, session| !(session.has_ended && session.ledger.is_done()));
    }

    /// The run is over: nothing is counted any more, what is still pending is lost.
    pub fn finish(&mut self, now: Instant) {
        self.finished.get_or_insert(now);
        self.sessions.values_mut().for_each(|session| session.ledger.close());
        self.attempts.clear();
        self.expire(self.timeline.end());
    }

    /// Gives up the pending frames before the ordinal `before`.
    fn expire(&mut self, before: u64) {
        for session in self.sessions.values_mut() {
            session.ledger.expire(before, &self.timeline, |frame| {
                self.books.enter(session.row, frame.captured, Entry::Settled(Fate::Lost));
            });
            Self::advance(session, &self.timeline, &mut self.books);
        }
    }

    fn advance(session: &mut Session, timeline: &Timeline, books: &mut Books) {
        let row = session.row;
        session
            .ledger
            .advance(timeline, |frame, step| books.enter(row, frame.captured, Entry::Stepped(step)));
    }

    /// A session that is not over, and its row.
    fn live(&mut self, id: SessionId) -> Option<(&Session, &mut Row)> {
        let session = self.sessions.get(&id).filter(|session| !session.has_ended)?;
        Some((session, self.books.rows.get_mut(session.row)?))
    }

    fn wall_clock(&self, at: Instant) -> Timestamp {
        let elapsed = at.saturating_duration_since(self.settings.started);
        // Centuries from now this fails; then the start is as good as anything.
        to_milliseconds(self.settings.started_at.checked_add(elapsed).unwrap_or(self.settings.started_at))
    }
}

/// Finer than a millisecond no wall clock is worth writing.
fn to_milliseconds(at: Timestamp) -> Timestamp {
    at.round(Unit::Millisecond).unwrap_or(at)
}
