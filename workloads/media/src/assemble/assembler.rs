//! The assembler itself: decides the fate of packets and frames in sequence order.

use std::collections::VecDeque;
use std::time::Instant;

use super::descriptor;
use super::frame::{Assembled, RtpPacket};
use super::recovery::Recovery;
use super::settings::Settings;
use super::window::{Front, Gap, Piece, Place, Window};

/// Most packets to name in one NACK: 16 pairs of a packet and the 16 that follow it at the least, 1 KB at the most.
const MAX_REQUESTED_AT_ONCE: usize = 256;

/// Assembles the frames of one stream. See the module for how to drive it.
#[derive(Debug)]
pub struct Assembler {
    settings: Settings,
    run: Option<Run>,
    /// A packet from elsewhere, kept until the next one shows whether the stream really went there.
    stray: Option<(RtpPacket, Piece)>,
    recovery: Recovery,
    ready: VecDeque<Assembled>,
    /// In runs before this one.
    repaired: u64,
}

/// An unbroken run of sequence numbers of one stream.
#[derive(Debug)]
struct Run {
    ssrc: u32,
    window: Window,
    /// When the first packet came, for as long as the run may turn out to begin with an earlier one.
    provisional_since: Option<Instant>,
}

impl Assembler {
    /// An assembler that has seen nothing yet.
    pub fn new(settings: Settings) -> Self {
        let recovery = Recovery::new(settings.keyframe_interval);
        Self { settings, run: None, stray: None, recovery, ready: VecDeque::new(), repaired: 0 }
    }

    /// Takes in a packet. Duplicates, latecomers and packets without a valid payload descriptor change nothing.
    pub fn handle_packet(&mut self, packet: RtpPacket, now: Instant) {
        let Some(fragment) = descriptor::split(packet.payload.clone()) else {
            return;
        };
        let piece = Piece {
            timestamp: packet.timestamp,
            marker: packet.marker,
            starts_frame: fragment.starts_frame,
            data: fragment.data,
        };
        let gap = self.gap(now);
        let place = match &self.run {
            None => return self.begin(&packet, piece, now),
            Some(run) if run.ssrc != packet.ssrc => Place::Elsewhere,
            Some(run) => run.window.place(packet.sequence_number),
        };
        match (place, &mut self.run) {
            (Place::Inside(index), Some(run)) => run.window.insert(index, piece, gap),
            (Place::Before(count), Some(run)) if run.provisional_since.is_some() => {
                run.window.insert_before(count, piece, gap);
            }
            (Place::Elsewhere, _) => self.follow(packet, piece, now),
            _ => {}
        }
        self.assemble(now);
        if self.held_bytes() > self.settings.max_bytes {
            self.give_up_everything();
        }
    }

    /// Gives up what has been missing for too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.assemble(now);
    }

    /// When to call [`Self::handle_timeout`], unless a packet comes first.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let run = self.run.as_ref();
        let gap = run.and_then(|run| run.window.first_gap()).map(|gap| gap.since + self.settings.gap_timeout);
        let request = run.and_then(|run| run.window.next_request());
        let begin = run.and_then(|run| run.provisional_since).map(|since| since + self.settings.gap_timeout);
        [gap, request, begin, self.recovery.next_request()].into_iter().flatten().min()
    }

    /// The next whole frame.
    pub fn poll_frame(&mut self) -> Option<Assembled> {
        self.ready.pop_front()
    }

    /// SSRC and sequence numbers to put into a NACK now; the same ones come again until they arrive or are given up.
    pub fn poll_missing(&mut self, now: Instant) -> Option<(u32, Vec<u16>)> {
        let run = self.run.as_mut().filter(|run| run.window.missing() > 0)?;
        let missing =
            run.window.request_missing(now, now + self.settings.repeat_interval, MAX_REQUESTED_AT_ONCE);
        (!missing.is_empty()).then_some((run.ssrc, missing))
    }

    /// SSRC of the stream to request a keyframe of now; again after a while, until one comes.
    pub fn poll_keyframe_request(&mut self, now: Instant) -> Option<u32> {
        let run = self.run.as_ref()?;
        self.recovery.request_due(now).then_some(run.ssrc)
    }

    /// The decoder dropped the frame with this timestamp or failed on it: as if it had been lost on the way.
    pub fn decoder_lost(&mut self, timestamp: u32) {
        self.recovery.decoder_lost(timestamp);
    }

    /// How many packets are missing now and not given up yet.
    pub fn missing(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.window.missing())
    }

    /// How many packets came after they were put into a NACK.
    pub fn repaired(&self) -> u64 {
        self.repaired + self.run.as_ref().map_or(0, |run| run.window.repaired())
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.window.bytes())
    }

    fn gap(&self, now: Instant) -> Gap {
        Gap { since: now, request_at: now + self.settings.reorder_tolerance, requested: false }
    }

    /// Starts a run with this packet, which may have overtaken its first ones.
    fn begin(&mut self, packet: &RtpPacket, piece: Piece, now: Instant) {
        let gap = self.gap(now);
        let mut window = Window::new(packet.sequence_number, self.settings.max_packets);
        window.insert(0, piece, gap);
        self.repaired = self.repaired();
        self.run = Some(Run { ssrc: packet.ssrc, window, provisional_since: Some(now) });
        self.assemble(now);
    }

    /// Leaves the run for another place or SSRC once two packets in a row came from there (RFC 3550, appendix A.1).
    fn follow(&mut self, packet: RtpPacket, piece: Piece, now: Instant) {
        let next = (packet.ssrc, packet.sequence_number);
        match self.stray.take() {
            Some((first, first_piece)) if next == (first.ssrc, first.sequence_number.wrapping_add(1)) => {
                self.give_up_everything();
                self.begin(&first, first_piece, now);
                let gap = self.gap(now);
                if let Some(run) = &mut self.run
                    && let Place::Inside(index) = run.window.place(packet.sequence_number)
                {
                    run.window.insert(index, piece, gap);
                }
            }
            _ => self.stray = Some((packet, piece)),
        }
    }

    fn give_up_everything(&mut self) {
        self.advance(|_| true);
        if let Some(run) = &mut self.run {
            run.window.clear();
            self.recovery.lost();
        }
    }

    fn assemble(&mut self, now: Instant) {
        let gap_timeout = self.settings.gap_timeout;
        self.advance(|since| now >= since + gap_timeout);
    }

    /// Takes everything off the front of the window whose fate is known. `given_up`: whether what is missing since
    /// then is no longer waited for.
    fn advance(&mut self, given_up: impl Fn(Instant) -> bool) {
        let Some(run) = &mut self.run else { return };
        loop {
            if let Some(since) = run.provisional_since {
                let begins_here = run.window.first_of_frame().is_some_and(|piece| is_keyframe(&piece.data));
                if !begins_here && !given_up(since) {
                    return;
                }
                run.provisional_since = None;
            }
            match run.window.front() {
                Front::Nothing | Front::Open => return,
                Front::Missing(gap) | Front::Broken { gap, .. } if !given_up(gap.since) => return,
                Front::Missing(_) => {
                    run.window.discard(1);
                    self.recovery.lost();
                }
                Front::Broken { len, .. } => {
                    run.window.discard(len);
                    self.recovery.lost();
                }
                Front::Stray { padding } => {
                    run.window.discard(1);
                    if !padding {
                        self.recovery.lost();
                    }
                }
                Front::Whole { len } => {
                    let timestamp = run.window.first_of_frame().map_or(0, |piece| piece.timestamp);
                    let data = run.window.take(len);
                    let keyframe = is_keyframe(&data);
                    self.ready.push_back(if self.recovery.admit(timestamp, keyframe) {
                        Assembled::Frame { timestamp, data, keyframe }
                    } else {
                        Assembled::Undecodable { timestamp }
                    });
                }
            }
        }
    }
}

/// The inverse of the lowest bit of a frame's first byte (RFC 6386, section 9.1).
fn is_keyframe(data: &[u8]) -> bool {
    data.first().is_some_and(|tag| tag & 1 == 0)
}
