//! How the peer connections of the fan-out are set up: one VP8 stream out.

use std::time::{Duration, Instant};

use rtc::peer_connection::RTCPeerConnectionBuilder;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_VP8;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use webrtc::error::Result;
use webrtc::media_stream::MediaStreamTrack;
use webrtc::peer_connection::{
    MediaEngine, RTCConfigurationBuilder, RTCPeerConnection, Registry, SettingEngine, SettingEngineBuilder,
};

use super::feedback::is_feedback;
use crate::deliver_rtcp::DeliverRtcp;
use crate::packetise::PacketBytes;
use crate::sctp;

/// The payload type in the offer; the answer decides.
pub(super) const VP8_PAYLOAD_TYPE: u8 = 97;
const CLOCK_RATE: u32 = 90_000;

/// 128 packets of the default size.
const LARGE_KEYFRAME_BYTES: u64 = 128 * PacketBytes::DEFAULT.get() as u64;

/// ICE checks go out this often until a pair works: at the usual 200 ms, half of a set-up is waiting.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Checks a pair gets before it is given up: as many as fit before the connection fails.
const ICE_CHECKS: u16 = 400;
/// Silence after which a pair counts as disconnected, and the further silence after which it has failed. A set-up
/// fails after both together, 8 s.
const ICE_TIMEOUT: Duration = Duration::from_secs(4);
const ICE_KEEPALIVE: Duration = Duration::from_secs(2);

/// A peer connection without tracks, channels or candidates. One that is lite checks no candidate of the peer's
/// (RFC 8445, section 2.5): of its own it sends nothing anywhere, and answers the peer's checks by checking back the way
/// they came.
pub(super) fn build(is_lite: bool, now: Instant) -> Result<RTCPeerConnection> {
    let mut media_engine = MediaEngine::default();
    media_engine.register_codec(vp8(), RtpCodecKind::Video)?;
    // Who answers requests for lost packets is ours: see `repairs` and `recent_frames`.
    let interceptors = Registry::new().with(DeliverRtcp::SLOT, DeliverRtcp::new(is_feedback));
    RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(settings(is_lite)?)
        .with_media_engine(media_engine)
        .with_interceptor_registry(interceptors)
        .build(now)
}

fn vp8() -> RTCRtpCodecParameters {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: CLOCK_RATE,
            rtcp_feedback: vec![feedback("nack", ""), feedback("nack", "pli"), feedback("ccm", "fir")],
            ..Default::default()
        },
        payload_type: VP8_PAYLOAD_TYPE,
    }
}

/// The track that offers the stream of `ssrc`.
pub(super) fn track(ssrc: u32) -> MediaStreamTrack {
    let coding = RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: coding,
        codec: vp8().rtp_codec,
        ..Default::default()
    };
    MediaStreamTrack::new(
        "ball".into(),
        "ball-video".into(),
        "ball".into(),
        RtpCodecKind::Video,
        vec![encoding],
    )
}

/// How long a pair without a relay may take to be found where there is one by a relay: by default two seconds, which count as the
/// set-up of whoever has no other way.
const RELAY_WAIT: Duration = Duration::from_millis(100);

fn settings(is_lite: bool) -> Result<SettingEngine> {
    let settings = SettingEngineBuilder::new()
        .with_lite(is_lite)
        .with_crypto_provider(sctp::provider()?)
        // It would join a multicast group and send on every interface.
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(ICE_CHECKS))
        // A pair that was found by a check of the peer's is as good as any other: by default it is nominated a second
        // later, which is when peers connect whose candidates are hidden or not trickled yet (P5).
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(RELAY_WAIT))
        // Whoever offers opens the channel, and some begin SCTP whatever they are in DTLS: `rtc` takes that only as DTLS
        // server (P6).
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_ice_timeouts(Some(ICE_TIMEOUT), Some(ICE_TIMEOUT), Some(ICE_KEEPALIVE))
        .build();
    Ok(settings)
}

/// Packets to keep for retransmission: half a second of the stream, more than any receiver waits, and never less than a
/// large keyframe.
pub(super) fn retransmission_packets(bitrate_kbps: u32, packet_bytes: PacketBytes) -> u16 {
    let packet = u64::from(packet_bytes.get());
    let packets_per_second = u64::from(bitrate_kbps) * 1000 / 8 / packet;
    let keyframe = (LARGE_KEYFRAME_BYTES / packet).next_power_of_two().max(128);
    let packets = (packets_per_second / 2).next_power_of_two().clamp(keyframe, 8192);
    u16::try_from(packets).expect("8192 fits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retransmission_buffers_follow_the_bitrate_within_bounds() {
        let of = |packet_bytes| {
            let packet_bytes = PacketBytes::new(packet_bytes).unwrap();
            [50, 1_000, 4_000, 20_000, 1_000_000].map(|kbps| retransmission_packets(kbps, packet_bytes))
        };
        assert_eq!(of(1188), [128, 128, 256, 2048, 8192]);
        // As many bytes in more packets; of large ones no fewer, for what is lost is counted in packets.
        assert_eq!(of(200), [1024, 1024, 2048, 8192, 8192]);
        assert_eq!(of(8900), [128, 128, 128, 256, 8192]);
    }
}
