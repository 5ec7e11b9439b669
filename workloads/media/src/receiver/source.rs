//! Which of a peer's RTP packets are the video's, also after its source has changed in mid-stream.
//!
//! `rtc` knows the SSRC that the first packet has for ever, and drops those of every other. So a packet of another source is
//! given that SSRC here, ahead of it, and its own as the one contributing source (RFC 3550, section 5.1) for whoever
//! comes after. And it passes on whatever has that SSRC, of any payload type.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::interceptor::{Packet, Slot, StreamInfo, TaggedPacket};
use rtc::rtp::Header;

use super::stats::{Counters, count};
use crate::inbound::Stage;

/// After so long without a packet of the source at hand another one may take its place. Of two that send at once, as layers of
/// a simulcast do, it is the one that was first.
const SILENCE: Duration = Duration::from_millis(250);

/// The SSRC of the source that sent a packet which has come by here.
pub(super) fn of(header: &Header) -> u32 {
    header.csrc.first().copied().unwrap_or(header.ssrc)
}

/// The stream as it was first seen, and the source that it has now.
#[derive(Debug, Clone, Copy)]
struct Followed {
    known: u32,
    payload_type: u8,
    current: u32,
    last: Instant,
}

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Video.
    Video,
    /// None of the video's, but it has a number in the same row.
    Filler,
    /// None of the video's at all.
    Foreign,
}

impl Followed {
    fn kind(&mut self, ssrc: u32, payload_type: u8, now: Instant) -> Kind {
        let (is_current, is_video) = (ssrc == self.current, payload_type == self.payload_type);
        match (is_current, is_video) {
            (true, false) => return Kind::Filler,
            (false, false) => return Kind::Foreign,
            (false, true) if now.saturating_duration_since(self.last) < SILENCE => return Kind::Foreign,
            _ => {}
        }
        (self.current, self.last) = (ssrc, now);
        Kind::Video
    }
}

/// Passes on the video's packets, and counts others: these are dropped, or emptied where their numbers would be missing. RTCP passes through untouched.
pub(super) struct FollowSource {
    counters: Arc<Counters>,
    followed: Option<Followed>,
}

impl FollowSource {
    /// Nearest to the network: nothing of any other packet is anybody's.
    pub(super) const SLOT: Slot = Slot::Custom(500);

    /// Counts in `counters`.
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        Self { counters, followed: None }
    }

    /// Whether the packet is wanted; it may be changed.
    fn take_rtp(&mut self, packet: &mut rtc::rtp::Packet, now: Instant) -> bool {
        let header = &mut packet.header;
        header.csrc.clear();
        // Before the first packet of a payload type that was agreed on, `rtc` takes none.
        let Some(followed) = &mut self.followed else { return true };
        let kind = followed.kind(header.ssrc, header.payload_type, now);
        if kind != Kind::Video {
            count(&self.counters.foreign, 1);
        }
        match kind {
            Kind::Video => {}
            // As a packet of padding alone.
            Kind::Filler => {
                header.marker = false;
                packet.payload.clear();
            }
            Kind::Foreign => return false,
        }
        if header.ssrc != followed.known {
            header.csrc.push(header.ssrc);
            header.ssrc = followed.known;
        }
        true
    }
}

impl Stage for FollowSource {
    fn take(&mut self, packet: &mut TaggedPacket) -> bool {
        let now = packet.now;
        match &mut packet.message.packet {
            Packet::Rtp(rtp) => self.take_rtp(rtp, now),
            _ => true,
        }
    }

    fn bind(&mut self, info: &StreamInfo) {
        // The one video section's; bound when its first packet comes, which is then handed over here.
        let last = Instant::now();
        self.followed.get_or_insert(Followed {
            known: info.ssrc,
            payload_type: info.payload_type,
            current: info.ssrc,
            last,
        });
    }

    fn unbind(&mut self, info: &StreamInfo) {
        self.followed = self.followed.filter(|followed| followed.known != info.ssrc);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    const VP8: u8 = 97;

    fn following(ssrc: u32) -> FollowSource {
        let mut follow = FollowSource::new(Arc::default());
        follow.bind(&StreamInfo { ssrc, payload_type: VP8, ..StreamInfo::default() });
        follow
    }

    /// The SSRC that `rtc` sees, the one that the source has, and how much is left of it, where the packet is passed on.
    fn take(
        follow: &mut FollowSource,
        ssrc: u32,
        payload_type: u8,
        at: Instant,
    ) -> Option<(u32, u32, usize)> {
        let header = Header { ssrc, payload_type, csrc: vec![9], ..Header::default() };
        let mut packet = rtc::rtp::Packet { header, payload: b"video".as_slice().into() };
        follow
            .take_rtp(&mut packet, at)
            .then(|| (packet.header.ssrc, of(&packet.header), packet.payload.len()))
    }

    /// P19: it was ignored, and the client ended without another frame.
    #[test]
    fn another_source_takes_the_place_of_one_that_fell_silent() {
        let (mut follow, begun) = (following(1), Instant::now());
        let at = |milliseconds| begun + Duration::from_millis(milliseconds);
        for (ssrc, milliseconds, taken) in [
            (1, 0, Some((1, 1, 5))),
            // One that sends beside it is none of the video's.
            (2, 33, None),
            (1, 66, Some((1, 1, 5))),
            (2, 320, Some((1, 2, 5))),
            (2, 330, Some((1, 2, 5))),
            (1, 340, None),
            (3, 600, Some((1, 3, 5))),
            (1, 900, Some((1, 1, 5))),
        ] {
            assert_eq!(take(&mut follow, ssrc, VP8, at(milliseconds)), taken, "{ssrc} at {milliseconds} ms");
        }
        assert_eq!(follow.counters.foreign.load(Relaxed), 2);
    }

    /// P19: they were read as VP8.
    #[test]
    fn other_payload_types_are_counted_and_nothing_but_their_number_is_left() {
        let (mut follow, now) = (following(1), Instant::now());
        let later = now + SILENCE;
        assert_eq!(take(&mut follow, 1, VP8 + 1, later), Some((1, 1, 0)));
        assert_eq!(take(&mut follow, 2, VP8 + 1, later), None);
        assert_eq!(take(&mut follow, 1, VP8, later), Some((1, 1, 5)));
        assert_eq!(follow.counters.foreign.load(Relaxed), 2);
    }
}
