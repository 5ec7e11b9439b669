//! What a browser does to watch, on one socket and without a decoder.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use media::datagrams::{host_candidate, received};
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use rtc::sansio::Protocol;

use super::TEST_LIMIT;

/// A peer that takes video, and opens a channel if it has something to send.
pub(in crate::page) struct Browser {
    connection: RTCPeerConnection,
    socket: UdpSocket,
    channel: Option<RTCDataChannelId>,
    /// The channel is open.
    pub(in crate::page) is_open: bool,
    /// The timestamps of complete frames that came.
    pub(in crate::page) frames: Vec<u32>,
}

impl Browser {
    /// A browser and its offer.
    pub(in crate::page) fn new(label: Option<&str>) -> (Self, String) {
        let mut media_engine = MediaEngine::default();
        media_engine.register_default_codecs().unwrap();
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(400))
            .build();
        let mut connection = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_setting_engine(settings)
            .with_media_engine(media_engine)
            .build(Instant::now())
            .unwrap();
        connection.add_transceiver_from_kind(RtpCodecKind::Video, None).unwrap();
        let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
        let channel = label.map(|label| connection.create_data_channel(label, Some(lossy)).unwrap().id());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let local = socket.local_addr().unwrap();
        connection.add_local_candidate(host_candidate(local).unwrap()).unwrap();
        let offer = connection.create_offer(None).unwrap();
        connection.set_local_description(Instant::now(), offer).unwrap();
        let sdp = connection.local_description().unwrap().sdp;
        (Self { connection, socket, channel, is_open: false, frames: Vec::new() }, sdp)
    }

    /// Takes the server's answer.
    pub(in crate::page) fn answer(&mut self, sdp: &str) {
        let answer = RTCSessionDescription::answer(sdp.to_owned()).unwrap();
        self.connection.set_remote_description(Instant::now(), answer).unwrap();
    }

    /// Sends text over its channel.
    pub(in crate::page) fn send(&mut self, text: String) {
        let mut channel = self.connection.data_channel(self.channel.unwrap()).unwrap();
        channel.send_text(Instant::now(), text).unwrap();
    }

    /// Goes on until `wanted` is the case, which is checked after everything that comes.
    pub(in crate::page) fn run_until(&mut self, what: &str, mut wanted: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + TEST_LIMIT;
        while !wanted(self) {
            assert!(Instant::now() < deadline, "{what}: {} frames", self.frames.len());
            self.step();
        }
    }

    fn step(&mut self) {
        while let Some(message) = self.connection.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message.message
                && packet.header.marker
            {
                self.frames.push(packet.header.timestamp);
            }
        }
        while let Some(event) = self.connection.poll_event() {
            self.is_open |=
                matches!(event, RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(_)));
        }
        while let Some(datagram) = self.connection.poll_write() {
            self.socket.send_to(&datagram.message, datagram.transport.peer_addr).unwrap();
        }
        let now = Instant::now();
        let due = self.connection.poll_timeout().unwrap_or(now + Duration::from_millis(20));
        let wait = due.saturating_duration_since(now);
        let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(20));
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut buffer = [0; 2048];
        match self.socket.recv_from(&mut buffer) {
            Ok((length, peer_addr)) => {
                let local = self.socket.local_addr().unwrap();
                let datagram = received(local, peer_addr, &buffer[..length], Instant::now());
                self.connection.handle_read(datagram).unwrap();
            }
            // Nothing came in time.
            Err(_) => self.connection.handle_timeout(Instant::now()).unwrap(),
        }
    }
}
