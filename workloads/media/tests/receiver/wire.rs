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
    /// What the peer asked to have again.
    pub(crate) asked_for: Vec<u16>,
    /// What was sent again.
    pub(crate) repeated: Vec<u16>,
    /// Keyframe requests.
    pub(crate) keyframe_requests: usize,
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

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(packet) = &message.message.packet {
            let sequence_number = packet.header.sequence_number;
            let mut record = self.wire.record();
            if message.message.has(&Attribute::Retransmission) {
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
