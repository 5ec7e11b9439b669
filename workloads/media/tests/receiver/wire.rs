//! An interceptor next to the network: loses what it is told to lose and keeps count of what comes back.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

#[derive(Default)]
pub(crate) struct Record {
    /// Sequence numbers of which the first transmission is lost.
    pub(crate) lose_once: HashSet<u16>,
    /// What packets are sent as, instead of as what they are.
    pub(crate) disguise: Option<Disguise>,
    /// What the peer asked to have again.
    pub(crate) asked_for: Vec<u16>,
    /// What was sent again.
    pub(crate) repeated: Vec<u16>,
    /// Keyframe requests.
    pub(crate) keyframe_requests: usize,
}

/// Another source of packets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Disguise {
    pub(crate) ssrc: Option<u32>,
    pub(crate) payload_type: Option<u8>,
    /// What is added to sequence numbers, with wrap-around.
    pub(crate) sequence_offset: u16,
}

impl Disguise {
    fn wear(self, header: &mut rtc::rtp::Header) {
        header.ssrc = self.ssrc.unwrap_or(header.ssrc);
        header.payload_type = self.payload_type.unwrap_or(header.payload_type);
        header.sequence_number = header.sequence_number.wrapping_add(self.sequence_offset);
    }
}

#[derive(Default, Clone)]
pub(crate) struct Wire(Arc<Mutex<Record>>);

impl Wire {
    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap()
    }

    pub(crate) fn interceptor(&self) -> impl Interceptor + 'static {
        Tap { wire: self.clone(), inbound: VecDeque::new(), outbound: VecDeque::new() }
    }
}

struct Tap {
    wire: Wire,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Tap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            let mut record = self.wire.record();
            for packet in packets {
                let packet = packet.as_any();
                if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
                    record.asked_for.extend(nack.nacks.iter().flat_map(NackPair::packet_list));
                } else if packet.is::<PictureLossIndication>() {
                    record.keyframe_requests += 1;
                }
            }
        }
        self.inbound.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        let is_repeated = message.message.has(&Attribute::Retransmission);
        if let Packet::Rtp(packet) = &mut message.message.packet {
            let sequence_number = packet.header.sequence_number;
            let mut record = self.wire.record();
            if let Some(disguise) = record.disguise {
                disguise.wear(&mut packet.header);
            }
            if is_repeated {
                record.repeated.push(sequence_number);
            } else if record.lose_once.remove(&sequence_number) {
                return Ok(());
            }
        }
        self.outbound.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
