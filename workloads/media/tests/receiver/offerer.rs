//! A sender of synthetic frames on real sockets, built on `webrtc` as any other peer would be.

use std::sync::Arc;
use std::time::Duration;

use ballsession_media::assemble::Assembled;
use ballsession_media::packetise::{PacketBytes, packetise};
use rtc::interceptor::{NackResponderBuilder, Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_RTX, MIME_TYPE_VP8};
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpRtxParameters, RtpCodecKind,
};
use tokio::sync::Notify;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
};

use crate::wire::Wire;

const SSRC: u32 = 0x1234_5678;
const VP8: u8 = 97;
const RTX: u8 = 98;
pub(crate) const LABEL: &str = "ballsession.v1";

pub(crate) struct Offerer {
    peer: Arc<dyn PeerConnection>,
    track: Arc<TrackLocalStaticRTP>,
    pub(crate) channel: Arc<dyn DataChannel>,
    pub(crate) wire: Wire,
    events: Arc<Events>,
    sequence_number: u16,
    timestamp: u32,
}

#[derive(Default)]
struct Events {
    gathered: Notify,
    connected: Notify,
    opened: tokio::sync::Mutex<Vec<Arc<dyn DataChannel>>>,
    channel_opened: Notify,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Events {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state == RTCPeerConnectionState::Connected {
            self.connected.notify_one();
        }
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        self.opened.lock().await.push(channel);
        self.channel_opened.notify_one();
    }
}

fn codec(mime_type: &str, fmtp: &str, feedback: &[&str]) -> RTCRtpCodec {
    let nack = |parameter: &&str| RTCPFeedback { typ: "nack".to_owned(), parameter: (*parameter).to_owned() };
    RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate: 90_000,
        sdp_fmtp_line: fmtp.to_owned(),
        rtcp_feedback: feedback.iter().map(nack).collect(),
        ..Default::default()
    }
}

impl Offerer {
    /// `rtx`: also offers retransmission in a stream of its own (RFC 4588), as aiortc and browsers do.
    pub(crate) async fn new(rtx: bool) -> Self {
        let vp8 = codec(MIME_TYPE_VP8, "", &["", "pli"]);
        let mut media_engine = MediaEngine::default();
        let register = |engine: &mut MediaEngine, rtp_codec, payload_type| {
            engine
                .register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Video)
                .unwrap();
        };
        register(&mut media_engine, vp8.clone(), VP8);
        if rtx {
            register(&mut media_engine, codec(MIME_TYPE_RTX, "apt=97", &[]), RTX);
        }
        let wire = Wire::default();
        let registry = Registry::new()
            .with(Slot::from(500), wire.interceptor())
            .with(Slot::NackResponder, NackResponderBuilder::new().with_size(512).build());
        let events = Arc::new(Events::default());
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(250));
        let peer: Arc<dyn PeerConnection> = Arc::new(
            PeerConnectionBuilder::new()
                .with_setting_engine(settings.build())
                .with_media_engine(media_engine)
                .with_interceptor_registry(registry)
                .with_handler(events.clone())
                .with_udp_addrs(vec!["127.0.0.1:0"])
                .build()
                .await
                .unwrap(),
        );
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(SSRC),
                rtx: rtx.then_some(RTCRtpRtxParameters { ssrc: SSRC + 1 }),
                ..Default::default()
            },
            codec: vp8,
            ..Default::default()
        };
        let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
            "stream".to_owned(),
            "track".to_owned(),
            "label".to_owned(),
            RtpCodecKind::Video,
            vec![encoding],
        )));
        peer.add_track(track.clone()).await.unwrap();
        let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
        let channel = peer.create_data_channel(LABEL, Some(lossy)).await.unwrap();
        Self { peer, track, channel, wire, events, sequence_number: 65_530, timestamp: u32::MAX - 10_000 }
    }

    pub(crate) async fn offer(&self) -> String {
        let offer = self.peer.create_offer(None).await.unwrap();
        self.peer.set_local_description(offer).await.unwrap();
        self.events.gathered.notified().await;
        self.peer.local_description().await.unwrap().sdp
    }

    pub(crate) async fn accept(&self, answer: String) {
        self.peer.set_remote_description(RTCSessionDescription::answer(answer).unwrap()).await.unwrap();
    }

    pub(crate) async fn connected(&self) {
        self.events.connected.notified().await;
        while !matches!(self.channel.poll().await.unwrap(), DataChannelEvent::OnOpen) {}
    }

    /// Sends the next frame and returns what a receiver that lacks nothing makes of it.
    pub(crate) async fn send_frame(&mut self, keyframe: bool, len: usize) -> Assembled {
        let mut encoded: Vec<u8> = (0..len).map(|byte| (byte + self.timestamp as usize) as u8).collect();
        encoded[0] = (encoded[0] & 0xfe) | u8::from(!keyframe);
        self.timestamp = self.timestamp.wrapping_add(3000);
        let payloads = packetise(&encoded, 0, PacketBytes::DEFAULT);
        let last = payloads.len() - 1;
        for (index, payload) in payloads.into_iter().enumerate() {
            let header = rtp::Header {
                version: 2,
                marker: index == last,
                payload_type: VP8,
                sequence_number: self.sequence_number,
                timestamp: self.timestamp,
                ssrc: SSRC,
                ..Default::default()
            };
            self.sequence_number = self.sequence_number.wrapping_add(1);
            self.track.write_rtp(rtp::Packet { header, payload }).await.unwrap();
        }
        Assembled::Frame { timestamp: self.timestamp, data: encoded.into(), keyframe }
    }

    /// Lets the next frame's first packet get lost, for this time or for good; either way its number is used up.
    /// Returns that number.
    pub(crate) async fn lose_frame(&mut self, repairable: bool) -> (u16, Assembled) {
        let lost = self.sequence_number;
        if repairable {
            self.wire.record().lose_once.insert(lost);
            return (lost, self.send_frame(false, 100).await);
        }
        self.sequence_number = lost.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(3000);
        (lost, Assembled::Undecodable { timestamp: self.timestamp })
    }

    /// Text that the peer sent over the channel that the offerer opened.
    pub(crate) async fn text(&self) -> String {
        next_text(&*self.channel).await
    }

    /// The channel that the peer opened.
    pub(crate) async fn peer_channel(&self) -> Arc<dyn DataChannel> {
        self.events.channel_opened.notified().await;
        self.events.opened.lock().await.remove(0)
    }

    pub(crate) async fn close(self) {
        self.peer.close().await.unwrap();
    }
}

pub(crate) async fn next_text(channel: &dyn DataChannel) -> String {
    loop {
        if let DataChannelEvent::OnMessage(message) = channel.poll().await.unwrap() {
            return String::from_utf8(message.data.to_vec()).unwrap();
        }
    }
}
