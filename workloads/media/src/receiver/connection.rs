//! A `webrtc` peer connection set up for receiving one VP8 stream.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::Registry;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_VP8;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, SettingEngine,
    SettingEngineBuilder,
};

use super::ReceiverError;
use super::runtime::GuardedRuntime;
use super::source::FollowSource;
use super::stats::Counters;
use crate::deliver_rtcp::DeliverRtcp;

/// Checks tick at this interval, and the first tick has no pairs yet: the default of 200 ms is the set-up time.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Five seconds of checks, for a peer that takes its time to apply the answer.
const ICE_MAX_CHECKS: u16 = 250;
const ICE_DISCONNECTED_AFTER: Duration = Duration::from_secs(5);
const ICE_FAILED_AFTER: Duration = Duration::from_secs(5);
const ICE_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// Retransmissions come with their old sequence number. With the default of 64 packets those of a large frame would
/// be discarded as replayed.
const SRTP_REPLAY_WINDOW: usize = 1024;
/// Reports are small and never retransmitted: what has not left by then is stale.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// The payload type that the offers of our server and of aiortc have; an answer uses the one of its offer anyway.
const VP8_PAYLOAD_TYPE: u8 = 97;
const VIDEO_CLOCK_RATE: u32 = 90_000;

/// Binds a UDP port on each address and starts the driver.
pub(super) async fn build(
    addresses: &[IpAddr],
    handler: Arc<dyn PeerConnectionEventHandler>,
    runtime: GuardedRuntime,
    counters: Arc<Counters>,
) -> Result<Arc<dyn PeerConnection>, ReceiverError> {
    let mut media_engine = MediaEngine::default();
    media_engine.register_codec(vp8(), RtpCodecKind::Video)?;
    let sockets = addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect::<Vec<_>>();
    let peer = PeerConnectionBuilder::new()
        .with_runtime(Arc::new(runtime))
        .with_setting_engine(settings())
        .with_media_engine(media_engine)
        // Not the crate's NACK generator: it ticks all the time, and it sits where it cannot see the packets that RTX
        // brings back. The assembler asks for what is missing, and reception reports are the session's.
        .with_interceptor_registry(
            Registry::new()
                .with(FollowSource::SLOT, FollowSource::new(counters))
                .with(DeliverRtcp::SLOT, DeliverRtcp::new(is_sender_report)),
        )
        .with_data_channel_send_buffer_limit(SEND_BUFFER_BYTES)
        .with_handler(handler)
        .with_udp_addrs(sockets)
        .build()
        .await
        .map_err(|source| ReceiverError::Bind { addresses: addresses.to_vec(), source })?;
    Ok(Arc::new(peer))
}

/// Whether it tells the sender's time (RFC 3550, section 6.4.1).
fn is_sender_report(packet: &dyn rtc::rtcp::Packet) -> bool {
    packet.as_any().is::<SenderReport>()
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        // It would join a multicast group on every interface, and fail where there is only loopback.
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(ICE_MAX_CHECKS))
        .with_ice_timeouts(Some(ICE_DISCONNECTED_AFTER), Some(ICE_FAILED_AFTER), Some(ICE_KEEPALIVE_INTERVAL))
        .with_srtp_replay_protection_window(SRTP_REPLAY_WINDOW)
        // The DTLS client also opens the SCTP association, as soon as the handshake is over. The driver would let that
        // first chunk lie until its next timer, 200 ms later: so let the peer be the one.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .build()
}

/// VP8 without RTX: a sender then repeats lost packets in the stream itself.
fn vp8() -> RTCRtpCodecParameters {
    let feedback = |parameter: &str| RTCPFeedback { typ: "nack".to_owned(), parameter: parameter.to_owned() };
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: VIDEO_CLOCK_RATE,
            rtcp_feedback: vec![feedback(""), feedback("pli")],
            ..Default::default()
        },
        payload_type: VP8_PAYLOAD_TYPE,
    }
}
