//! One session's peer connection: `rtc`, without what only a real client needs.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use media::datagrams::{host_candidate, received};
use mio::net::UdpSocket;
use report::channel::{Hello, LABEL, Message};
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::interceptor::Registry;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use rtc::sansio::Protocol;
use rtc::shared::error::{Error, Result};

use super::claim::Claim;
use super::counters::Counters;
use super::frames::{FrameTracker, Step};

/// The first bytes of RTP and RTCP (RFC 7983, section 7).
const MEDIA: std::ops::RangeInclusive<u8> = 128..=191;
/// Checks go out this often until a pair works.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
const ICE_CHECKS: u16 = 500;
/// Silence after which a session is given up: a server under too much load is slow, and not gone.
const ICE_TIMEOUT: Duration = Duration::from_secs(15);
const ICE_KEEPALIVE: Duration = Duration::from_secs(2);

/// An answered offer.
pub(crate) struct Peer {
    name: String,
    claim: Claim,
    connection: RTCPeerConnection,
    channel: RTCDataChannelId,
    is_open: bool,
    frames: FrameTracker,
    /// When it dialled, until it is up.
    dialled: Option<Instant>,
    is_lost: bool,
}

impl Peer {
    /// Answers `offer` for the socket bound to `local`; the SDP goes to the offerer.
    pub(crate) fn answer(
        name: String,
        claim: Claim,
        offer: String,
        local: SocketAddr,
        dialled: Instant,
    ) -> Result<(Self, String)> {
        let now = Instant::now();
        let mut connection = connection(now)?;
        connection.set_remote_description(now, RTCSessionDescription::offer(offer)?)?;
        let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
        let channel = connection.create_data_channel(LABEL, Some(lossy))?.id();
        connection.add_local_candidate(host_candidate(local)?)?;
        let answer = connection.create_answer(None)?;
        connection.set_local_description(now, answer)?;
        let sdp = connection.local_description().ok_or(Error::ErrSessionDescriptionMissingIceUfrag)?.sdp;
        let peer = Self {
            name,
            claim,
            connection,
            channel,
            is_open: false,
            frames: FrameTracker::default(),
            dialled: Some(dialled),
            is_lost: false,
        };
        Ok((peer, sdp))
    }

    /// Takes in a datagram and sends what it gives rise to; returns when [`Peer::advance`] is due, where that changed.
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        local: SocketAddr,
        peer: SocketAddr,
        data: &[u8],
        counters: &Counters,
    ) -> Option<Instant> {
        let now = Instant::now();
        // It logs what it cannot use.
        let _ = self.connection.handle_read(received(local, peer, data, now));
        // Media changes no state: the sweep over all of the connection's parts can wait for other datagrams.
        if data.first().is_some_and(|first| MEDIA.contains(first)) {
            for _ in 0..self.report_frames(now, counters) {
                self.send_one(socket, counters);
            }
            return None;
        }
        Some(self.drain(socket, now, counters))
    }

    /// Lets timers run; returns when it is due again.
    pub(crate) fn advance(&mut self, socket: &UdpSocket, counters: &Counters) -> Instant {
        let now = Instant::now();
        let _ = self.connection.handle_timeout(now);
        self.drain(socket, now, counters)
    }

    /// Whether the connection has just been lost.
    pub(crate) fn take_loss(&mut self) -> Option<String> {
        std::mem::take(&mut self.is_lost).then(|| format!("{}: the connection was lost", self.name))
    }

    fn drain(&mut self, socket: &UdpSocket, now: Instant, counters: &Counters) -> Instant {
        while let Some(event) = self.connection.poll_event() {
            match event {
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(channel))
                    if channel == self.channel =>
                {
                    self.is_open = true;
                    let hello = Hello::new(self.name.clone());
                    self.send(&Message::Hello(hello), now);
                }
                RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Failed) => {
                    self.is_lost = true;
                }
                _ => {}
            }
        }
        self.report_frames(now, counters);
        while self.connection.poll_data_read().is_some() {}
        self.flush(socket, counters);
        self.connection.poll_timeout().unwrap_or(now + ICE_KEEPALIVE)
    }

    /// Reports what is complete; returns how many frames that were.
    fn report_frames(&mut self, now: Instant, counters: &Counters) -> u32 {
        let mut reported = 0;
        while let Some(message) = self.connection.poll_media_read() {
            let RTCMessage::RtpPacket(_, packet) = message.message else { continue };
            match self.frames.take(packet.header.sequence_number, packet.header.marker) {
                Step::Going => {}
                Step::Incomplete => {
                    counters.incomplete.fetch_add(1, Relaxed);
                }
                Step::Complete if !self.is_open => {}
                Step::Complete => {
                    if let Some(report) = self.claim.report(packet.header.timestamp) {
                        self.send(&Message::Frame(report), now);
                        reported += 1;
                    }
                    counters.answered.fetch_add(1, Relaxed);
                    if let Some(dialled) = self.dialled.take() {
                        counters.joined(dialled.elapsed());
                    }
                }
            }
        }
        reported
    }

    fn send(&mut self, message: &Message, now: Instant) {
        if let Some(mut channel) = self.connection.data_channel(self.channel) {
            // A channel that takes nothing shows in the server's numbers.
            let _ = channel.send_text(now, message.to_text());
        }
    }

    fn flush(&mut self, socket: &UdpSocket, counters: &Counters) {
        while self.send_one(socket, counters) {}
    }

    /// Sends the next datagram in the queue; false where there is none, which takes another sweep to find out.
    fn send_one(&mut self, socket: &UdpSocket, counters: &Counters) -> bool {
        let Some(datagram) = self.connection.poll_write() else { return false };
        if socket.send_to(&datagram.message, datagram.transport.peer_addr).is_err() {
            counters.unsent.fetch_add(1, Relaxed);
        }
        true
    }

    /// Closes the connection, with a notice to the server.
    pub(crate) fn close(&mut self, socket: &UdpSocket, counters: &Counters) {
        let _ = self.connection.close();
        self.flush(socket, counters);
    }
}

fn connection(now: Instant) -> Result<RTCPeerConnection> {
    let mut media_engine = MediaEngine::default();
    let vp8 = RTCRtpCodec { mime_type: MIME_TYPE_VP8.to_owned(), clock_rate: 90_000, ..Default::default() };
    let parameters = RTCRtpCodecParameters { rtp_codec: vp8, payload_type: 97 };
    media_engine.register_codec(parameters, RtpCodecKind::Video)?;
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(ICE_CHECKS))
        .with_ice_timeouts(Some(ICE_TIMEOUT), Some(ICE_TIMEOUT), Some(ICE_KEEPALIVE))
        // As in our client: whoever begins the handshake also opens the channels.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .build();
    RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(settings)
        .with_media_engine(media_engine)
        .with_interceptor_registry(Registry::new())
        .build(now)
}
