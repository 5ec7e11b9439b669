//! RTP packets in any order, with any payload, at any time.

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::assemble::{Assembled, Assembler, RtpPacket, Settings};

use crate::input::Input;

/// Small, so that inputs of some hundred bytes reach them.
const MAX_PACKETS: usize = 64;
const MAX_BYTES: usize = 512;
/// Requests are at least so far apart, whatever comes.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// Steps: a packet, or some time.
pub(crate) fn assembly(data: &[u8]) {
    let mut input = Input::new(data);
    let mut sequence_number = input.short();
    let mut timestamp = input.number();
    let mut stream = Stream::new();
    while !input.is_empty() {
        let kind = input.byte();
        if kind & 0x80 != 0 {
            stream.pass(input.time());
            continue;
        }
        // The next packet, or one from elsewhere.
        let step = if kind & 0x40 == 0 { 1 } else { input.byte().cast_signed().into() };
        sequence_number = sequence_number.wrapping_add_signed(step);
        if kind & 0x20 != 0 {
            timestamp = timestamp.wrapping_add(3000);
        }
        if kind & 0x08 != 0 {
            sequence_number = input.short();
        }
        stream.take(RtpPacket {
            ssrc: u32::from(kind & 0x04),
            sequence_number,
            timestamp,
            marker: kind & 0x10 != 0,
            payload: Bytes::copy_from_slice(input.piece()),
        });
    }
    stream.pass(Duration::from_secs(60));
}

struct Stream {
    assembler: Assembler,
    now: Instant,
    taken: usize,
    given: usize,
}

impl Stream {
    fn new() -> Self {
        let settings = Settings { max_packets: MAX_PACKETS, max_bytes: MAX_BYTES, ..Settings::default() };
        Self { assembler: Assembler::new(settings), now: Instant::now(), taken: 0, given: 0 }
    }

    fn take(&mut self, packet: RtpPacket) {
        self.taken += packet.payload.len();
        self.assembler.handle_packet(packet, self.now);
        self.look();
    }

    /// Lets time pass, and does what is due meanwhile.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.assembler.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.assembler.handle_timeout(self.now);
            self.look();
            let next = self.assembler.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "what was due at {due:?} was done");
            // Beyond a second of it nothing is new.
            if self.now > end.checked_sub(time).unwrap_or(end) + Duration::from_secs(1) {
                break;
            }
        }
        self.now = end;
    }

    fn look(&mut self) {
        while let Some(assembled) = self.assembler.poll_frame() {
            if let Assembled::Frame { data, .. } = assembled {
                self.given += data.len();
                assert!(data.len() <= MAX_BYTES + usize::from(u8::MAX), "a frame of {} bytes", data.len());
            }
        }
        assert!(self.given <= self.taken, "{} bytes out of {}", self.given, self.taken);
        if let Some((_, missing)) = self.assembler.poll_missing(self.now) {
            assert!(!missing.is_empty() && missing.len() <= MAX_PACKETS, "{missing:?}");
            assert!(missing.windows(2).all(|pair| (1..=64).contains(&pair[1].wrapping_sub(pair[0]))));
            assert_eq!(self.assembler.poll_missing(self.now), None, "asked for once");
        }
        if self.assembler.poll_keyframe_request(self.now).is_some() {
            let soon = self.now + SHORTEST_PAUSE;
            assert_eq!(self.assembler.poll_keyframe_request(soon), None, "asked for once");
        }
    }
}
