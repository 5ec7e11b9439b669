//! The newest frames, kept once for all sessions of a shard: what a peer may ask for again.
//!
//! A packet of one session differs from that of another in its header alone, so the payloads are kept here and each
//! session only knows which of them it was sent. `rtc`'s NACK responder keeps a packet for every session instead, which
//! is 20 kB of slots a session before anything is in them.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::frame::Frame;

/// Frames, of which the packets are numbered through from the shard's first one.
#[derive(Debug)]
pub(super) struct RecentFrames {
    frames: VecDeque<(u64, Arc<Frame>)>,
    /// The position of the next packet.
    next: u64,
    /// At least so many packets are kept.
    packets: u16,
}

/// One packet of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecentPacket<'a> {
    pub(super) frame: &'a Frame,
    pub(super) payload: &'a Bytes,
    /// Whether it is the last one of its frame.
    pub(super) is_last: bool,
}

impl RecentFrames {
    /// Keeps the newest `packets`, and what else is in their frames.
    pub(super) fn new(packets: u16) -> Self {
        Self { frames: VecDeque::new(), next: 0, packets }
    }

    /// Takes a frame in that is about to be sent; answers the position of its first packet.
    pub(super) fn push(&mut self, frame: Arc<Frame>) -> u64 {
        let first = self.next;
        if frame.payloads.is_empty() {
            return first;
        }
        self.next += frame.payloads.len() as u64;
        self.frames.push_back((first, frame));
        let oldest = self.next.saturating_sub(u64::from(self.packets));
        while self.frames.get(1).is_some_and(|(second, _)| *second <= oldest) {
            self.frames.pop_front();
        }
        first
    }

    /// The packet at a position; `None` where it is too old, or not there yet.
    pub(super) fn packet(&self, position: u64) -> Option<RecentPacket<'_>> {
        let index = self.frames.partition_point(|(first, _)| *first <= position).checked_sub(1)?;
        let (first, frame) = self.frames.get(index)?;
        let offset = usize::try_from(position - first).ok()?;
        let payload = frame.payloads.get(offset)?;
        Some(RecentPacket { frame, payload, is_last: offset + 1 == frame.payloads.len() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(timestamp: u32, payloads: usize) -> Arc<Frame> {
        let payloads = (0..payloads).map(|n| Bytes::from(format!("{timestamp}.{n}"))).collect();
        Arc::new(Frame { timestamp, keyframe: false, payloads })
    }

    #[test]
    fn packets_are_numbered_through_and_the_newest_are_kept() {
        let mut recent = RecentFrames::new(3);
        assert!(recent.packet(0).is_none());
        assert_eq!([1, 2, 0, 2].map(|payloads| recent.push(frame(7, payloads))), [0, 1, 3, 3]);
        let text = |position| {
            let packet = recent.packet(position)?;
            Some((String::from_utf8(packet.payload.to_vec()).unwrap(), packet.is_last))
        };
        assert_eq!(text(0), None, "too old");
        // It is the fourth last one, and in a frame with the third last.
        assert_eq!(text(1), Some(("7.0".to_owned(), false)));
        assert_eq!(text(4), Some(("7.1".to_owned(), true)));
        assert_eq!(text(5), None, "not there yet");
    }

    proptest! {
        #[test]
        fn as_many_as_are_promised_are_there_and_not_many_more(sizes in prop::collection::vec(0..40_usize, 1..200)) {
            let mut recent = RecentFrames::new(64);
            let mut sent = Vec::new();
            for (n, size) in sizes.into_iter().enumerate() {
                let first = recent.push(frame(n as u32, size));
                prop_assert_eq!(first, sent.len() as u64);
                sent.extend((0..size).map(|of_frame| format!("{n}.{of_frame}")));
                for (position, expected) in sent.iter().enumerate().skip(sent.len().saturating_sub(64)) {
                    let packet = recent.packet(position as u64).unwrap();
                    prop_assert_eq!(packet.payload, expected);
                }
                prop_assert!(recent.packet(sent.len() as u64).is_none());
                let kept: usize = recent.frames.iter().map(|(_, frame)| frame.payloads.len()).sum();
                prop_assert!(kept < 64 + 40);
            }
        }
    }
}
