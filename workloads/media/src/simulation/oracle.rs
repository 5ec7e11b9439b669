//! What must come of a session, concluded from when its packets arrived: none of the code that is tried is used here.

use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::assemble::Assembled;

/// For so long a packet is waited for once a later one came, and after so long it is asked for.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(80);
const ASKED_FOR_AFTER: Duration = Duration::from_millis(5);

/// A packet with all its copies.
#[derive(Debug, Clone, Default)]
pub(super) struct SentPacket {
    pub(super) copies: u32,
    /// When each copy that arrived did.
    pub(super) arrivals: Vec<Instant>,
}

/// A frame.
#[derive(Debug, Clone)]
pub(super) struct SentFrame {
    pub(super) timestamp: u32,
    pub(super) captured: Instant,
    pub(super) keyframe: bool,
    pub(super) data: Bytes,
    pub(super) packets: Range<usize>,
}

/// What becomes of each packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    /// It came in time to be used.
    pub(super) is_in_time: bool,
    /// It was missing for long enough to be asked for.
    pub(super) is_asked_for: bool,
}

/// A packet is missing from when the first of those behind it comes.
pub(super) fn fates(packets: &[SentPacket]) -> Vec<Fate> {
    let mut later: Option<Instant> = None;
    let mut fates: Vec<Fate> = packets
        .iter()
        .rev()
        .map(|packet| {
            let first = packet.arrivals.iter().min().copied();
            let came_by =
                |limit: Duration| first.is_some_and(|first| later.is_none_or(|since| first <= since + limit));
            let fate = Fate {
                is_in_time: came_by(GIVEN_UP_AFTER),
                is_asked_for: later.is_some() && !came_by(ASKED_FOR_AFTER),
            };
            later = later.into_iter().chain(first).min();
            fate
        })
        .collect();
    fates.reverse();
    fates
}

/// What the receiver must hand on: whole frames, and of those that follow a lost one up to a keyframe the name alone.
pub(super) fn handed_on(frames: &[SentFrame], fates: &[Fate]) -> Vec<Assembled> {
    let mut is_decodable = false;
    let mut handed_on = Vec::new();
    for SentFrame { timestamp, keyframe, data, packets, .. } in frames {
        let is_whole = fates[packets.clone()].iter().all(|fate| fate.is_in_time);
        is_decodable = is_whole && (is_decodable || *keyframe);
        match (is_whole, is_decodable) {
            (false, _) => {}
            (true, false) => handed_on.push(Assembled::Undecodable { timestamp: *timestamp }),
            (true, true) => handed_on.push(Assembled::Frame {
                timestamp: *timestamp,
                data: data.clone(),
                keyframe: *keyframe,
            }),
        }
    }
    handed_on
}
