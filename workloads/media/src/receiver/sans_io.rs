//! The receiving side without connection and sockets, for simulations: what [`Session`](super::session::Session) does with the
//! same parts.

use std::sync::Arc;
use std::time::Instant;

use rtc::rtcp::Packet;
use rtc::rtp;

use super::frame::Received;
use super::stats::{Counters, Stats};
use super::stream::Stream;
use crate::assemble::Settings;

/// More than ever become whole at once: what waits for a decoder is another matter.
const QUEUED_FRAMES: usize = 1000;

/// A stream on its way to a decoder that takes no time.
pub(crate) struct Receiver {
    stream: Stream,
    counters: Arc<Counters>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        let counters = Arc::<Counters>::default();
        Self { stream: Stream::new(Settings::default(), QUEUED_FRAMES, Arc::clone(&counters)), counters }
    }

    pub(crate) fn packet(&mut self, packet: rtp::Packet, now: Instant) {
        self.stream.packet(packet, now, now);
    }

    pub(crate) fn rtcp(&mut self, packets: &[Box<dyn Packet>], now: Instant) {
        self.stream.rtcp(packets, now);
    }

    /// When [`Receiver::advance`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.stream.deadline()
    }

    pub(crate) fn advance(&mut self, now: Instant) {
        self.stream.advance(now);
    }

    /// What the sender is to be told now.
    pub(crate) fn feedback(&mut self, now: Instant) -> Vec<Box<dyn Packet>> {
        self.stream.feedback(now)
    }

    pub(crate) fn next_frame(&mut self) -> Option<Received> {
        self.stream.next_frame()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot()
    }
}
