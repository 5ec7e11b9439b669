//! The frames sent in one session, from the first to the last, and which of them are still pending.

use std::collections::VecDeque;

use super::{
    frame::{Frame, Place},
    freezes::{FreezeDetector, Step},
    timeline::Timeline,
};

/// Where one frame stands, as far as this session is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Pending,
    /// Its fate is known, and it was decoded.
    Decoded,
    /// Its fate is known, and it was not decoded; or it was not sent after all.
    Missed,
}

/// What a report for some timestamp is to this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The first one for the frame with this ordinal.
    Open(u64),
    /// For a frame whose fate is known; with its ordinal, unless that is too long ago.
    Settled(Option<u64>),
    /// For a frame that was never sent.
    NeverSent,
}

/// The frames of one session. Memory is bounded by the frames of the timeline: settled ones leave from the front.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// The timestamp to start counting at.
    from: Option<i64>,
    /// Whether frames captured from now on count.
    is_open: bool,
    /// The timestamp after which nothing was sent.
    until: i64,
    /// The ordinal of the first frame counted.
    first: Option<u64>,
    /// The ordinal of `slots[0]`; all frames before are settled.
    front: u64,
    slots: VecDeque<Slot>,
    freezes: FreezeDetector,
}

impl Ledger {
    pub(crate) fn new(frames_per_second: u32) -> Self {
        Self {
            from: None,
            is_open: true,
            until: i64::MAX,
            first: None,
            front: 0,
            slots: VecDeque::new(),
            freezes: FreezeDetector::new(frames_per_second),
        }
    }

    /// Frames from this timestamp on are sent. Only the first call has an effect.
    pub(crate) fn start(&mut self, timestamp: i64) -> bool {
        let is_first = self.from.is_none() && self.is_open;
        if is_first {
            self.from = Some(timestamp);
        }
        is_first
    }

    /// Whether any frame ever counted.
    pub(crate) fn has_counted(&self) -> bool {
        self.first.is_some()
    }

    /// The timestamp that counting starts at, once it does.
    pub(crate) fn from(&self) -> Option<i64> {
        self.from
    }

    /// Whether the next captured frame, of this ordinal, counts; then it is pending.
    pub(crate) fn send(&mut self, ordinal: u64, frame: &Frame) -> bool {
        let counts = self.is_open && self.from.is_some_and(|from| frame.timestamp >= from);
        if counts {
            if self.first.is_none() {
                self.first = Some(ordinal);
                self.front = ordinal;
            }
            self.slots.push_back(Slot::Pending);
        }
        counts
    }

    /// Nothing captured from now on counts.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    /// Nothing after the timestamp `last` was sent, or nothing after it is counted: closes, and takes back the pending
    /// frames after it. A frame that has its fate keeps it.
    pub(crate) fn stop(&mut self, last: i64, timeline: &Timeline, mut withdrawn: impl FnMut(&Frame)) {
        self.close();
        self.until = self.until.min(last);
        for (ordinal, slot) in (self.front..).zip(&mut self.slots) {
            if let Some(frame) = timeline.get(ordinal)
                && frame.timestamp > last
                && *slot == Slot::Pending
            {
                *slot = Slot::Missed;
                withdrawn(frame);
            }
        }
    }

    /// What a report for `timestamp` is.
    pub(crate) fn claim(&self, timestamp: i64, timeline: &Timeline) -> Claim {
        let Some(first) = self.first else { return Claim::NeverSent };
        if self.from.is_none_or(|from| timestamp < from) || timestamp > self.until {
            return Claim::NeverSent;
        }
        match timeline.find(timestamp) {
            Place::Never => Claim::NeverSent,
            Place::Forgotten => Claim::Settled(None),
            Place::Held(ordinal) if ordinal < first => Claim::NeverSent,
            Place::Held(ordinal) if ordinal < self.front => Claim::Settled(Some(ordinal)),
            Place::Held(ordinal) => match self.slots.get((ordinal - self.front) as usize) {
                Some(Slot::Pending) => Claim::Open(ordinal),
                Some(_) => Claim::Settled(Some(ordinal)),
                None => Claim::NeverSent,
            },
        }
    }

    /// The frame with this ordinal got its fate.
    pub(crate) fn settle(&mut self, ordinal: u64, is_decoded: bool) {
        let index = ordinal.checked_sub(self.front).and_then(|index| usize::try_from(index).ok());
        if let Some(slot) = index.and_then(|index| self.slots.get_mut(index)) {
            *slot = if is_decoded { Slot::Decoded } else { Slot::Missed };
        }
    }

    /// Gives up the pending frames before the ordinal `before`.
    pub(crate) fn expire(&mut self, before: u64, timeline: &Timeline, mut lost: impl FnMut(&Frame)) {
        for (ordinal, slot) in (self.front..before).zip(&mut self.slots) {
            if *slot == Slot::Pending {
                *slot = Slot::Missed;
                if let Some(frame) = timeline.get(ordinal) {
                    lost(frame);
                }
            }
        }
    }

    /// Lets go of the frames at the front that are settled. Only here the place of a decoded frame among the others
    /// is final, so this is where steps are found, each with the frame that ends it.
    pub(crate) fn advance(&mut self, timeline: &Timeline, mut step: impl FnMut(&Frame, Step)) {
        while let Some(slot) = self.slots.front().copied().filter(|slot| *slot != Slot::Pending) {
            self.slots.pop_front();
            if slot == Slot::Decoded
                && let Some(frame) = timeline.get(self.front)
                && let Some(found) = self.freezes.decoded(frame.timestamp)
            {
                step(frame, found);
            }
            self.front += 1;
        }
    }

    /// Whether no frame is pending and none will come.
    pub(crate) fn is_done(&self) -> bool {
        !self.is_open && self.slots.is_empty()
    }
}
