//! One peer connection.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use report::SessionId;

use super::overtaken::Overtaken;
use super::pairing::Pairing;
use crate::{
    clients::RowId,
    foreign::Questions,
    frames::{Frame, Ledger, Timeline},
    recorder::Recorder,
    statistics::{Entry, Fate},
};

/// A frame without a report up to this age is lost.
pub(crate) const LOST_AFTER: Duration = Duration::from_secs(3);

/// One peer connection, from its signalling until the fate of all its frames is known.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) key: SessionId,
    /// What the wire's RTP timestamps are ahead of those of the frames.
    pub(crate) timestamp_offset: u32,
    pub(crate) row: RowId,
    pub(crate) connected: Instant,
    pub(crate) address: IpAddr,
    /// When its client signalled for the first time without getting media since.
    pub(crate) waits_since: Instant,
    /// The id of its hello, once that came.
    pub(crate) id: Option<String>,
    pub(crate) has_reported: bool,
    pub(crate) has_ended: bool,
    /// The timestamp of the first frame that went to the peer, counted or not.
    pub(crate) first_sent: Option<i64>,
    pub(crate) questions: Questions,
    pub(crate) pairing: Pairing,
    pub(crate) ledger: Ledger,
    pub(crate) overtaken: Overtaken,
}

impl Session {
    /// A session that was connected at `now`, from `address`.
    pub(crate) fn new(
        key: SessionId,
        row: RowId,
        address: IpAddr,
        waits_since: Instant,
        frames_per_second: u32,
        now: Instant,
    ) -> Self {
        Self {
            key,
            timestamp_offset: 0,
            row,
            connected: now,
            address,
            waits_since,
            id: None,
            has_reported: false,
            has_ended: false,
            first_sent: None,
            questions: Questions::default(),
            pairing: Pairing::Open,
            ledger: Ledger::new(frames_per_second),
            overtaken: Overtaken::default(),
        }
    }

    /// The frame with this ordinal was captured; it is pending if it counts.
    pub(crate) fn send(&mut self, ordinal: u64, frame: &Frame, recorder: &mut Recorder) {
        if self.ledger.send(ordinal, frame) {
            recorder.record(self.row, frame.captured, Entry::Sent);
        }
    }

    /// Nothing after the timestamp `last` was sent, or nothing after it counts.
    pub(crate) fn stop(&mut self, last: i64, timeline: &Timeline, recorder: &mut Recorder) {
        self.ledger.stop(last, timeline, |frame| {
            recorder.record(self.row, frame.captured, Entry::Withdrawn);
        });
        self.advance(timeline, recorder);
    }

    /// The pending frames before the ordinal `before` are lost.
    pub(crate) fn expire(&mut self, before: u64, timeline: &Timeline, recorder: &mut Recorder) {
        self.ledger.expire(before, timeline, |frame| {
            recorder.record(self.row, frame.captured, Entry::Settled(Fate::Lost));
        });
        self.advance(timeline, recorder);
    }

    /// The pending frame with this ordinal has its fate.
    pub(crate) fn settle(
        &mut self,
        ordinal: u64,
        frame: &Frame,
        fate: Fate,
        is_decoded: bool,
        timeline: &Timeline,
        recorder: &mut Recorder,
    ) {
        self.ledger.settle(ordinal, is_decoded);
        recorder.record(self.row, frame.captured, Entry::Settled(fate));
        self.advance(timeline, recorder);
    }

    fn advance(&mut self, timeline: &Timeline, recorder: &mut Recorder) {
        self.ledger.advance(timeline, |frame, step| {
            recorder.stepped(self.row, frame.captured, step);
        });
    }
}
