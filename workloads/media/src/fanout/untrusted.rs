//! What of the fan-out reads a peer's bytes, for [`crate::untrusted`].

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use report::NetworkSample;
use rtc::rtcp;
use rtc::rtp;

use super::feedback::{is_feedback, is_keyframe_request};
use super::frame::Frame;
use super::keyframe_requests::KeyframeRequests;
use super::numbering::{Numbering, Stream};
use super::outgoing::Outgoing;
use super::recent_frames::RecentFrames;
pub(crate) use super::stun::receiver_ufrag;

/// So many packets are kept here to be sent again.
const KEPT: u16 = 64;
const PAYLOAD_TYPE: u8 = 97;

/// What a peer's RTCP brings about: one session's stream, without its encryption.
pub struct Feedback {
    outgoing: Outgoing,
    recent: RecentFrames,
    keyframe_requests: KeyframeRequests,
}

impl Feedback {
    /// A stream that is about to begin.
    pub fn new(ssrc: u32, numbering: Numbering, now: Instant) -> Self {
        let mut outgoing = Outgoing::new(Stream { ssrc, numbering }, PAYLOAD_TYPE, KEPT, now);
        outgoing.agreed(PAYLOAD_TYPE, true);
        let (recent, keyframe_requests) = (RecentFrames::new(KEPT), KeyframeRequests::default());
        Self { outgoing, recent, keyframe_requests }
    }

    /// Sends a frame of these payloads; its packets.
    pub fn send(
        &mut self,
        timestamp: u32,
        keyframe: bool,
        payloads: Vec<Bytes>,
        now: Instant,
    ) -> Vec<rtp::Packet> {
        let frame = Arc::new(Frame { timestamp, keyframe, payloads });
        let first = self.recent.push(Arc::clone(&frame));
        let packets = self.outgoing.packets(&frame, first).collect();
        self.outgoing.report(&frame, now);
        if keyframe {
            self.keyframe_requests.keyframe();
        }
        packets
    }

    /// Takes in what the peer sent, decrypted, as far as it is readable and anybody's business.
    pub fn receive(&mut self, mut compound: &[u8], now: Instant) {
        let Ok(packets) = rtcp::packet::unmarshal(&mut compound) else { return };
        if !packets.iter().any(|packet| is_feedback(packet.as_ref())) {
            return;
        }
        for packet in &packets {
            self.outgoing.feedback(packet.as_ref(), now);
            if is_keyframe_request(packet.as_ref()) {
                self.keyframe_requests.requested();
            }
        }
    }

    /// The packets that are sent again.
    pub fn repairs(&mut self) -> Vec<rtp::Packet> {
        self.outgoing.repairs(&self.recent)
    }

    /// Whether a keyframe is asked for.
    pub fn takes_keyframe_request(&mut self, now: Instant) -> bool {
        self.keyframe_requests.take(now)
    }

    /// What became of the packets so far.
    pub fn sample(&self) -> NetworkSample {
        self.outgoing.sample()
    }
}
