//! A peer that was let in, and says and asks for whatever it likes.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use ballsession_media::datagrams::{host_candidate, received};
use rtc::data_channel::RTCDataChannelId;
use rtc::interceptor::Registry;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtcp::Packet;
use rtc::rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use rtc::sansio::Protocol;

/// How long a step waits for a datagram.
const STEP: Duration = Duration::from_millis(1);

pub(crate) struct Peer {
    connection: RTCPeerConnection,
    socket: UdpSocket,
    /// Once it is open.
    pub(crate) channel: Option<RTCDataChannelId>,
    /// The sequence numbers of all RTP that came, repetitions too.
    pub(crate) numbers: Vec<u16>,
    /// Of all that RTP.
    pub(crate) ssrc: Option<u32>,
    /// How many records of DTLS came.
    pub(crate) records: usize,
}

impl Peer {
    /// A peer, and its answer.
    pub(crate) fn answer(offer: &str) -> (Self, String) {
        let (now, socket) = (Instant::now(), UdpSocket::bind("127.0.0.1:0").unwrap());
        socket.set_read_timeout(Some(STEP)).unwrap();
        let mut connection = connection(now);
        let offer = RTCSessionDescription::offer(offer.to_owned()).unwrap();
        connection.set_remote_description(now, offer).unwrap();
        connection.add_local_candidate(host_candidate(socket.local_addr().unwrap()).unwrap()).unwrap();
        let answer = connection.create_answer(None).unwrap();
        connection.set_local_description(now, answer).unwrap();
        let sdp = connection.local_description().unwrap().sdp;
        (Self { connection, socket, channel: None, numbers: Vec::new(), ssrc: None, records: 0 }, sdp)
    }

    /// Sends text over the channel.
    pub(crate) fn say(&mut self, text: &str) {
        let mut channel = self.connection.data_channel(self.channel.unwrap()).unwrap();
        channel.send_text(Instant::now(), text.to_owned()).unwrap();
        self.flush();
    }

    /// Sends RTCP as one packet.
    pub(crate) fn ask(&mut self, packets: Vec<Box<dyn Packet>>) {
        let message = RTCMessage::RtcpPacket(String::new(), packets);
        self.connection.handle_write(TaggedRTCMessage { now: Instant::now(), message }).unwrap();
        self.flush();
    }

    /// Takes in what comes for so long.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.step();
        }
    }

    /// Takes in a datagram, if one comes.
    pub(crate) fn step(&mut self) {
        let mut buffer = [0; 2048];
        let local = self.socket.local_addr().unwrap();
        if let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            self.take(local, from, &buffer[..length]);
        }
        let now = Instant::now();
        if self.connection.poll_timeout().is_some_and(|at| at <= now) {
            self.connection.handle_timeout(now).unwrap();
        }
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(channel)) = event {
                self.channel = Some(channel);
            }
        }
        self.flush();
    }

    fn take(&mut self, local: SocketAddr, from: SocketAddr, data: &[u8]) {
        // RFC 7983, section 7, and RFC 5761, section 4. Headers of SRTP are readable.
        if (128..=191).contains(&data[0]) && !(192..=223).contains(&data[1]) {
            self.numbers.push(u16::from_be_bytes([data[2], data[3]]));
            self.ssrc = Some(u32::from_be_bytes([data[8], data[9], data[10], data[11]]));
        } else {
            self.records += usize::from((20..=63).contains(&data[0]));
            let _ = self.connection.handle_read(received(local, from, data, Instant::now()));
        }
    }

    fn flush(&mut self) {
        while let Some(datagram) = self.connection.poll_write() {
            self.socket.send_to(&datagram.message, datagram.transport.peer_addr).unwrap();
        }
    }
}

fn connection(now: Instant) -> RTCPeerConnection {
    let mut media_engine = MediaEngine::default();
    let vp8 = RTCRtpCodec {
        mime_type: MIME_TYPE_VP8.to_owned(),
        clock_rate: 90_000,
        rtcp_feedback: vec![
            RTCPFeedback { typ: "nack".into(), parameter: String::new() },
            RTCPFeedback { typ: "nack".into(), parameter: "pli".into() },
        ],
        ..Default::default()
    };
    let codec = RTCRtpCodecParameters { rtp_codec: vp8, payload_type: 97 };
    media_engine.register_codec(codec, RtpCodecKind::Video).unwrap();
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(500))
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .build();
    RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(settings)
        .with_media_engine(media_engine)
        .with_interceptor_registry(Registry::new())
        .build(now)
        .unwrap()
}
