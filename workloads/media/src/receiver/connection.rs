//! A peer connection of `rtc` set up for receiving one VP8 stream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::RTCPeerConnectionBuilder;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_VP8;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use webrtc::error::{Error, Result};
use webrtc::peer_connection::{
    MediaEngine, RTCConfigurationBuilder, RTCIceCandidateInit, RTCPeerConnection, RTCSessionDescription,
    Registry, SettingEngine, SettingEngineBuilder,
};

use super::source::FollowSource;
use super::stats::Counters;
use crate::deliver_rtcp::DeliverRtcp;
use crate::inbound::Inbound;
use crate::sctp;

/// Checks tick at this interval, and the first tick has no pairs yet: the default of 200 ms is the set-up time.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Five seconds of checks, for a peer that takes its time to apply the answer.
const ICE_MAX_CHECKS: u16 = 250;
const ICE_DISCONNECTED_AFTER: Duration = Duration::from_secs(5);
const ICE_FAILED_AFTER: Duration = Duration::from_secs(5);
const ICE_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// Retransmissions come with their old sequence number. With the default of 64 packets those of a large frame would
/// be discarded as replayed; and with packets of 200 bytes a fast stream has over a thousand in the 80 ms for which one is waited for.
const SRTP_REPLAY_WINDOW: usize = 4096;

/// The payload type that the offers of our server and of aiortc have; an answer uses the one of its offer anyway.
const VP8_PAYLOAD_TYPE: u8 = 97;
const VIDEO_CLOCK_RATE: u32 = 90_000;

/// The connection that takes an offer at these candidates, and the SDP of its answer, with all candidates in it.
///
/// # Errors
/// Where the offer cannot be used.
pub(super) fn answer(
    offer: String,
    candidates: impl IntoIterator<Item = Result<RTCIceCandidateInit>>,
    now: Instant,
    counters: Arc<Counters>,
) -> Result<(RTCPeerConnection, String)> {
    let mut connection = build(now, counters)?;
    connection.set_remote_description(now, RTCSessionDescription::offer(offer)?)?;
    for candidate in candidates {
        connection.add_local_candidate(candidate?)?;
    }
    let answer = connection.create_answer(None)?;
    connection.set_local_description(now, answer)?;
    let sdp = connection.local_description().ok_or(Error::ErrSessionDescriptionMissingIceUfrag)?.sdp;
    Ok((connection, sdp))
}

fn build(now: Instant, counters: Arc<Counters>) -> Result<RTCPeerConnection> {
    let mut media_engine = MediaEngine::default();
    media_engine.register_codec(vp8(), RtpCodecKind::Video)?;
    RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(settings()?)
        .with_media_engine(media_engine)
        // Not the crate's NACK generator: it ticks all the time, and it sits where it cannot see the packets that RTX
        // brings back. The assembler asks for what is missing, and reception reports are the session's.
        .with_interceptor_registry(
            Registry::new()
                .with(FollowSource::SLOT, Inbound::new(FollowSource::new(counters)))
                .with(DeliverRtcp::SLOT, DeliverRtcp::new(is_sender_report)),
        )
        .build(now)
}

/// Whether it tells the sender's time (RFC 3550, section 6.4.1).
fn is_sender_report(packet: &dyn rtc::rtcp::Packet) -> bool {
    packet.as_any().is::<SenderReport>()
}

fn settings() -> Result<SettingEngine> {
    let settings = SettingEngineBuilder::new()
        .with_crypto_provider(sctp::provider()?)
        // It would join a multicast group on every interface, and fail where there is only loopback.
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(ICE_MAX_CHECKS))
        .with_ice_timeouts(Some(ICE_DISCONNECTED_AFTER), Some(ICE_FAILED_AFTER), Some(ICE_KEEPALIVE_INTERVAL))
        // As the controlling agent, which it is with a lite peer, it would put off nominating a pair with such a candidate.
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(Duration::ZERO))
        .with_srtp_replay_protection_window(SRTP_REPLAY_WINDOW)
        // The DTLS client also opens the SCTP association, and some peers begin it whatever they are in DTLS: `rtc`
        // takes that only as DTLS server.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .build();
    Ok(settings)
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
