//! The peer connections of a run, and the frames that went to them.

use std::{collections::HashMap, net::SocketAddr, time::Instant};

use report::SessionId;

use super::{
    attempts::Attempts,
    presence::{Presence, presence},
    session::{LOST_AFTER, Session},
};
use crate::{
    clients::Row,
    frames::{Timeline, Truth},
    recorder::Recorder,
};

/// All sessions of which something may still change, and the frames captured lately.
#[derive(Debug)]
pub(crate) struct SessionTable {
    pub(crate) timeline: Timeline,
    sessions: HashMap<SessionId, Session>,
    attempts: Attempts,
    frames_per_second: u32,
}

impl SessionTable {
    pub(crate) fn new(frames_per_second: u32) -> Self {
        let (sessions, attempts) = (HashMap::new(), Attempts::default());
        Self { timeline: Timeline::new(frames_per_second), sessions, attempts, frames_per_second }
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(&id)
    }

    /// The session, and the frames that its reports may be about.
    pub(crate) fn with_timeline(&mut self, id: SessionId) -> Option<(&mut Session, &Timeline)> {
        Some((self.sessions.get_mut(&id)?, &self.timeline))
    }

    /// A session that is not over, and its row.
    pub(crate) fn live<'a>(
        &'a mut self,
        id: SessionId,
        recorder: &'a mut Recorder,
    ) -> Option<(&'a mut Session, &'a mut Row)> {
        let session = self.sessions.get_mut(&id).filter(|session| !session.has_ended)?;
        let row = recorder.rows.get_mut(session.row)?;
        Some((session, row))
    }

    /// Signalling of a new session was accepted.
    pub(crate) fn connect(&mut self, id: SessionId, peer: SocketAddr, now: Instant, recorder: &mut Recorder) {
        if self.sessions.contains_key(&id) {
            return;
        }
        let (waits_since, earlier) = self.attempts.begin(peer.ip(), now);
        if let Some(earlier) = earlier {
            recorder.rows.forget_nameless(earlier);
        }
        let row = recorder.open(&peer.to_string(), id, waits_since);
        let session = Session::new(id, row, peer.ip(), waits_since, self.frames_per_second, now);
        self.sessions.insert(id, session);
    }

    /// A frame was captured.
    pub(crate) fn captured(&mut self, truth: Truth, recorder: &mut Recorder) {
        let outdated = self.timeline.outdated(truth.captured);
        if outdated > self.timeline.start() {
            self.expire(outdated, recorder);
            self.timeline.forget(outdated);
        }
        let Some(ordinal) = self.timeline.push(truth) else { return };
        let Some(frame) = self.timeline.get(ordinal) else { return };
        self.sessions.values_mut().for_each(|session| session.send(ordinal, frame, recorder));
    }

    /// This is the first frame that went to a session. The first call counts.
    pub(crate) fn sent_from(&mut self, id: SessionId, timestamp: u32) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.first_sent.get_or_insert(self.timeline.anchor(timestamp));
        }
    }

    /// The frames of a session count from the one with this timestamp on. The first call counts.
    pub(crate) fn start_counting(&mut self, id: SessionId, first_timestamp: u32, recorder: &mut Recorder) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let first = self.timeline.anchor(first_timestamp);
        if !session.ledger.start(first) {
            return;
        }
        for ordinal in self.timeline.since(first) {
            if let Some(frame) = self.timeline.get(ordinal) {
                session.send(ordinal, frame, recorder);
            }
        }
    }

    /// No more frames go to a session after the one with this timestamp.
    pub(crate) fn stop_counting(
        &mut self,
        id: SessionId,
        last_timestamp: Option<u32>,
        recorder: &mut Recorder,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let last = last_timestamp.and_then(|timestamp| self.timeline.nearest(timestamp)).unwrap_or(i64::MIN);
        session.stop(last, &self.timeline, recorder);
    }

    /// A session is over, if it was not yet.
    pub(crate) fn end(&mut self, id: SessionId, now: Instant) -> Option<&Session> {
        let session = self.sessions.get_mut(&id).filter(|session| !session.has_ended)?;
        session.has_ended = true;
        session.ledger.close();
        if !session.ledger.has_counted() {
            self.attempts.end(session.address, session.waits_since, session.row, now);
        }
        Some(session)
    }

    /// Frames that are older than 3 s at `now` are lost.
    pub(crate) fn expire_lost(&mut self, now: Instant, recorder: &mut Recorder) {
        self.expire(self.timeline.older_than(LOST_AFTER, now), recorder);
    }

    /// Forgets the sessions that are over and have no pending frame.
    pub(crate) fn forget_ended(&mut self) {
        self.sessions.retain(|_, session| !(session.has_ended && session.ledger.is_done()));
    }

    /// No frame is sent any more, and what is pending is lost.
    pub(crate) fn finish(&mut self, recorder: &mut Recorder) {
        self.sessions.values_mut().for_each(|session| session.ledger.close());
        self.attempts.clear();
        self.expire(self.timeline.end(), recorder);
    }

    /// The sessions whose peers are to be asked now where the ball is.
    pub(crate) fn due_questions(&mut self, now: Instant) -> Vec<SessionId> {
        let live = self.sessions.iter_mut().filter(|(_, session)| !session.has_ended);
        live.filter_map(|(id, session)| session.questions.take_due(now).then_some(*id)).collect()
    }

    /// Whether any session may become due for a question without anything further happening.
    pub(crate) fn questions_are_awaited(&self) -> bool {
        self.sessions.values().any(|session| !session.has_ended && session.questions.are_awaited())
    }

    /// How many clients are there at `now`.
    pub(crate) fn presence(&self, now: Instant) -> Presence {
        presence(self.sessions.values(), &self.attempts, now)
    }

    /// The pending frames before the ordinal `before` are lost.
    fn expire(&mut self, before: u64, recorder: &mut Recorder) {
        for session in self.sessions.values_mut() {
            session.expire(before, &self.timeline, recorder);
        }
    }
}
