//! Lets some RTCP out of `rtc`'s interceptor chain, which otherwise ends inbound RTCP.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, Slot, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use webrtc::error::Error;

/// Marks the RTCP that is wanted for delivery; all else passes through untouched.
pub(crate) struct DeliverRtcp {
    is_wanted: fn(&dyn rtc::rtcp::Packet) -> bool,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl DeliverRtcp {
    /// Nearest to the application: every other interceptor has seen the packet by then.
    pub(crate) const SLOT: Slot = Slot::Custom(14_000);

    /// Delivers every compound packet with a part that is wanted.
    pub(crate) fn new(is_wanted: fn(&dyn rtc::rtcp::Packet) -> bool) -> Self {
        Self { is_wanted, inbound: VecDeque::new(), outbound: VecDeque::new() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for DeliverRtcp {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        let is_wanted = match &packet.message.packet {
            Packet::Rtcp(packets) => packets.iter().any(|packet| (self.is_wanted)(packet.as_ref())),
            _ => false,
        };
        if is_wanted {
            packet.message.add(Attribute::DeliverToApplication);
        }
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}

impl Interceptor for DeliverRtcp {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
