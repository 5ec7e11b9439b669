//! Lets some RTCP out of `rtc`'s interceptor chain, which otherwise ends inbound RTCP.

use rtc::interceptor::{Attribute, Packet, Slot, TaggedPacket};

use crate::inbound::{Inbound, Stage};

/// Marks the RTCP that is wanted for delivery; all else passes through untouched.
pub(crate) struct DeliverRtcp {
    is_wanted: fn(&dyn rtc::rtcp::Packet) -> bool,
}

impl DeliverRtcp {
    /// Nearest to the application: every other interceptor has seen the packet by then.
    pub(crate) const SLOT: Slot = Slot::Custom(14_000);

    /// Delivers every compound packet with a part that is wanted.
    pub(crate) fn new(is_wanted: fn(&dyn rtc::rtcp::Packet) -> bool) -> Inbound<Self> {
        Inbound::new(Self { is_wanted })
    }
}

impl Stage for DeliverRtcp {
    fn take(&mut self, packet: &mut TaggedPacket) -> bool {
        let is_wanted = match &packet.message.packet {
            Packet::Rtcp(packets) => packets.iter().any(|packet| (self.is_wanted)(packet.as_ref())),
            _ => false,
        };
        if is_wanted {
            packet.message.add(Attribute::DeliverToApplication);
        }
        true
    }
}
