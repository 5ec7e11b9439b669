//! The sending side of one session without connection and sockets, for simulations: what [`Peer`](super::peer::Peer) does with
//! the same parts.

use std::sync::Arc;
use std::time::Instant;

use report::{NetworkSample, SessionId};
use rtc::rtcp::Packet;
use rtc::rtp;

use super::connection::retransmission_packets;
use super::feedback::is_keyframe_request;
use super::frame::Frame;
use super::keyframe_requests::KeyframeRequests;
use super::numbering::{Numbering, Numberings};
use super::outgoing::Outgoing;
use super::recent_frames::RecentFrames;
use crate::packetise::PacketBytes;

/// A session that has its channel, and of which the peer asks for lost packets.
pub(crate) struct Sender {
    outgoing: Outgoing,
    recent_frames: RecentFrames,
    keyframe_requests: KeyframeRequests,
}

/// What goes to the peer with a frame.
pub(crate) struct Sent {
    pub(crate) packets: Vec<rtp::Packet>,
    pub(crate) report: Option<Box<dyn Packet>>,
}

impl Sender {
    pub(crate) fn new(numbering: Numbering, bitrate_kbps: u32, now: Instant) -> Self {
        let repairable = retransmission_packets(bitrate_kbps, PacketBytes::DEFAULT);
        let stream = Numberings::default().stream(SessionId(1), Some(numbering));
        let mut outgoing = Outgoing::new(stream, 97, repairable, now);
        outgoing.agreed(97, true);
        Self {
            outgoing,
            recent_frames: RecentFrames::new(repairable),
            keyframe_requests: KeyframeRequests::default(),
        }
    }

    pub(crate) fn send(&mut self, frame: &Arc<Frame>, now: Instant) -> Sent {
        let first = self.recent_frames.push(Arc::clone(frame));
        let packets = self.outgoing.packets(frame, first).collect();
        if frame.keyframe {
            self.keyframe_requests.keyframe();
        }
        let report = self.outgoing.report(frame, now);
        Sent { packets, report: report.map(|report| Box::new(report) as _) }
    }

    /// Takes in what the peer says; answers with the packets that it gets again.
    pub(crate) fn feedback(&mut self, packets: &[Box<dyn Packet>], now: Instant) -> Vec<rtp::Packet> {
        for packet in packets {
            self.outgoing.feedback(packet.as_ref(), now);
            if is_keyframe_request(packet.as_ref()) {
                self.keyframe_requests.requested();
            }
        }
        self.outgoing.repairs(&self.recent_frames)
    }

    /// Whether the camera is to be asked for a keyframe.
    pub(crate) fn take_keyframe_request(&mut self, now: Instant) -> bool {
        self.keyframe_requests.take(now)
    }

    pub(crate) fn sample(&self) -> NetworkSample {
        self.outgoing.sample()
    }
}
