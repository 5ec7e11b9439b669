//! What RTCP of a peer is about.

use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;

/// Whether it asks for a keyframe: PLI (RFC 4585, section 6.3.1) or FIR (RFC 5104, section 4.3.1).
pub(super) fn is_keyframe_request(packet: &dyn Packet) -> bool {
    let packet = packet.as_any();
    packet.is::<PictureLossIndication>() || packet.is::<FullIntraRequest>()
}

/// Whether it says how our stream arrives, or asks for something. Sender reports have receiver reports in them.
pub(super) fn is_feedback(packet: &dyn Packet) -> bool {
    let any = packet.as_any();
    is_keyframe_request(packet)
        || any.is::<TransportLayerNack>()
        || any.is::<ReceiverReport>()
        || any.is::<SenderReport>()
}
