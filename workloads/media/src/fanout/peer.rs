//! One session's peer connection: `rtc` with what it was told and what it says, translated.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_VP8;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::{RTCIceConnectionState, RTCPeerConnectionState};
use rtc::rtp;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::sansio::Protocol;
use rtc::shared::error::{Error, Result};
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::connection::{self, VP8_PAYLOAD_TYPE, host_candidate, track};
use super::keyframe_requests::is_keyframe_request;
use super::schedule::{Admission, Schedule};
use super::{CloseReason, Event, FanoutError, Frame, Options, SessionId, Stage};

/// How long a set-up may take from the answer on. `rtc` itself never gives up a DTLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Where datagrams go.
pub(super) trait Outbox {
    fn send(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8]);
}

/// A peer connection of which the offer is out.
pub(super) struct Peer {
    id: SessionId,
    connection: RTCPeerConnection,
    sender: RTCRtpSenderId,
    ufrag: String,
    ssrc: u32,
    payload_type: u8,
    sequence_number: u16,
    schedule: Schedule,
    /// The channel that we opened, and the first that the peer did; the latter once it is open.
    own_channel: RTCDataChannelId,
    peer_channel: Option<RTCDataChannelId>,
    connect_by: Instant,
    ice_worked: bool,
    failed: Option<CloseReason>,
}

impl Peer {
    /// A connection that offers VP8 and a channel for reports on `locals`, and the SDP that says so.
    pub(super) fn offer(
        id: SessionId,
        locals: &[SocketAddr],
        options: Options,
        now: Instant,
    ) -> Result<(Self, String)> {
        let mut connection = connection::build(options.bitrate_kbps, now)?;
        // Sessions share sockets, but each has its own SRTP keys: equal SSRCs would do, distinct ones read better in
        // a capture.
        let ssrc = 0x1000_0000 | (id.0 as u32 & 0x0fff_ffff);
        // A sender makes the offer sendrecv: peers that add a track of their own to be sent to need that.
        let sender = connection.add_track(track(ssrc))?;
        let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
        let own_channel = connection.create_data_channel(options.channel_label, Some(lossy))?.id();
        for local in locals {
            connection.add_local_candidate(host_candidate(*local)?)?;
        }
        let offer = connection.create_offer(None)?;
        connection.set_local_description(now, offer)?;
        let sdp = connection.local_description().ok_or(Error::ErrSessionDescriptionMissingIceUfrag)?.sdp;
        let ufrag = sdp
            .lines()
            .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
            .ok_or(Error::ErrSessionDescriptionMissingIceUfrag)?;
        let peer = Self {
            id,
            connection,
            sender,
            ufrag: ufrag.trim().to_owned(),
            ssrc,
            payload_type: VP8_PAYLOAD_TYPE,
            sequence_number: 0,
            schedule: Schedule::default(),
            own_channel,
            peer_channel: None,
            connect_by: now + CONNECT_LIMIT,
            ice_worked: false,
            failed: None,
        };
        Ok((peer, sdp))
    }

    /// Applies the peer's answer.
    pub(super) fn answer(&mut self, sdp: String, now: Instant) -> std::result::Result<(), FanoutError> {
        let answer = RTCSessionDescription::answer(sdp).map_err(FanoutError::Answer)?;
        // Port 0 declines a section (RFC 3264, section 6); `rtc` would take it by its codecs all the same.
        let takes_video =
            answer.unmarshal().map_err(FanoutError::Answer)?.media_descriptions.iter().any(|media| {
                let is_received = !media.has_attribute("sendonly") && !media.has_attribute("inactive");
                media.media_name.media == "video" && media.media_name.port.value != 0 && is_received
            });
        if !takes_video {
            return Err(FanoutError::NoVideo);
        }
        self.connection.set_remote_description(now, answer).map_err(FanoutError::Answer)?;
        let mut sender = self.connection.rtp_sender(self.sender).ok_or(FanoutError::NoVideo)?;
        let codecs = &sender.get_parameters().rtp_parameters.codecs;
        let codec = codecs.iter().find(|codec| codec.rtp_codec.mime_type.eq_ignore_ascii_case(MIME_TYPE_VP8));
        self.payload_type = codec.ok_or(FanoutError::NoVideo)?.payload_type;
        self.connect_by = now + CONNECT_LIMIT;
        Ok(())
    }

    pub(super) fn id(&self) -> SessionId {
        self.id
    }

    /// Our ICE username fragment, by which the peer's first datagram finds its session.
    pub(super) fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// Why the session is over, if it is.
    pub(super) fn failed(&self) -> Option<CloseReason> {
        self.failed
    }

    /// Takes in a datagram. Nothing is sent before [`Peer::drain`].
    pub(super) fn receive(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) {
        let transport = TransportContext {
            local_addr: local,
            peer_addr: peer,
            ecn: None,
            transport_protocol: TransportProtocol::UDP,
        };
        // What a peer sends may be anything; `rtc` logs what it cannot use, and there is nothing to add.
        let _ = self.connection.handle_read(TaggedBytesMut { now, transport, message: BytesMut::from(data) });
    }

    /// Lets timers run.
    pub(super) fn advance(&mut self, now: Instant) {
        if let Err(error) = self.connection.handle_timeout(now) {
            tracing::debug!(session = self.id.0, %error, "timer");
        }
    }

    /// Sends and tells all that has come up; returns when [`Peer::advance`] is due.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        outbox: &mut impl Outbox,
        events: &mut Vec<Event>,
    ) -> Option<Instant> {
        self.read(events);
        // The connection's state only advances while events are polled; that may bring up something to read.
        let mut advanced = false;
        while let Some(event) = self.connection.poll_event() {
            self.translate(&event, now, events);
            advanced = true;
        }
        if advanced {
            self.read(events);
        }
        self.flush(outbox);
        let deadline = self.connection.poll_timeout();
        if self.schedule.was_connected() {
            return deadline;
        }
        if now >= self.connect_by {
            self.fail();
        }
        Some(deadline.map_or(self.connect_by, |deadline| deadline.min(self.connect_by)))
    }

    /// Ends the session, for the first stage that does not work.
    fn fail(&mut self) {
        self.failed = Some(match (self.ice_worked, self.schedule.was_connected()) {
            (_, true) => CloseReason::PeerLost,
            (true, false) => CloseReason::DtlsFailed,
            (false, false) => CloseReason::IceFailed,
        });
    }

    fn read(&mut self, events: &mut Vec<Event>) {
        while let Some(message) = self.connection.poll_read() {
            match message.message {
                RTCMessage::DataChannelMessage(_, report) => {
                    events.push(Event::Report { id: self.id, at: message.now, data: report.data.freeze() });
                }
                RTCMessage::RtcpPacket(_, packets)
                    if packets.iter().any(|packet| is_keyframe_request(packet.as_ref())) =>
                {
                    events.push(Event::KeyframeWanted(self.id));
                }
                // An aiortc peer may send video back: the offer allows it, and nobody wants it.
                _ => {}
            }
        }
    }

    fn translate(&mut self, event: &RTCPeerConnectionEvent, now: Instant, events: &mut Vec<Event>) {
        let reached = |stage| Event::Reached { id: self.id, stage, at: now };
        match event {
            RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(RTCIceConnectionState::Connected)
                if !self.ice_worked =>
            {
                self.ice_worked = true;
                events.push(reached(Stage::Ice));
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Connected) => {
                if !self.schedule.was_connected() {
                    events.push(reached(Stage::Dtls));
                }
                self.schedule.connected(now);
            }
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(channel)) => {
                if *channel != self.own_channel {
                    self.peer_channel.get_or_insert(*channel);
                }
                // A second one, opened by the peer, is as good for reports and changes nothing.
                let is_first = self.schedule.channel_opened();
                if is_first {
                    events.push(reached(Stage::Channel));
                    events.push(Event::KeyframeWanted(self.id));
                }
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Failed) => {
                self.fail();
            }
            _ => {}
        }
    }

    /// Sends a frame, if it is one for this session.
    pub(super) fn send_frame(
        &mut self,
        frame: &Frame,
        now: Instant,
        outbox: &mut impl Outbox,
        events: &mut Vec<Event>,
    ) {
        match self.schedule.admit(frame.timestamp, frame.keyframe, now) {
            Admission::Leave { keyframe_wanted } => {
                if keyframe_wanted {
                    events.push(Event::KeyframeWanted(self.id));
                }
            }
            Admission::Send { first, counting, keyframe_wanted } => {
                if first {
                    events.push(Event::Reached { id: self.id, stage: Stage::FirstFrame, at: now });
                    events.push(Event::Started { id: self.id, timestamp: frame.timestamp });
                }
                if counting {
                    events.push(Event::Counting { id: self.id, timestamp: frame.timestamp });
                }
                if keyframe_wanted {
                    events.push(Event::KeyframeWanted(self.id));
                }
                self.write_packets(frame, now);
                self.flush(outbox);
            }
        }
    }

    /// Sends text over the peer's channel, or over ours; it leaves with the next drain.
    pub(super) fn send_text(&mut self, text: String, now: Instant) {
        let channel = self.peer_channel.unwrap_or(self.own_channel);
        if let Some(mut channel) = self.connection.data_channel(channel)
            && let Err(error) = channel.send_text(now, text)
        {
            tracing::debug!(session = self.id.0, %error, "text not sent");
        }
    }

    fn write_packets(&mut self, frame: &Frame, now: Instant) {
        for (index, payload) in frame.payloads.iter().enumerate() {
            let header = rtp::header::Header {
                version: 2,
                marker: index + 1 == frame.payloads.len(),
                payload_type: self.payload_type,
                sequence_number: self.sequence_number,
                timestamp: frame.timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            };
            self.sequence_number = self.sequence_number.wrapping_add(1);
            let packet = rtp::Packet { header, payload: payload.clone() };
            // Straight into the pipeline: the sender object would copy its parameters for every packet to check what
            // was agreed on once. The track's name is not looked at on the way out.
            let message = RTCMessage::RtpPacket(String::new(), packet);
            if let Err(error) = self.connection.handle_write(TaggedRTCMessage { now, message }) {
                tracing::debug!(session = self.id.0, %error, "packet not sent");
            }
        }
    }

    fn flush(&mut self, outbox: &mut impl Outbox) {
        while let Some(datagram) = self.connection.poll_write() {
            outbox.send(datagram.transport.local_addr, datagram.transport.peer_addr, &datagram.message);
        }
    }

    /// Sends no more video.
    pub(super) fn stop(&mut self, events: &mut Vec<Event>) {
        if let Some(last) = self.schedule.stop() {
            events.push(Event::Stopped { id: self.id, last });
        }
    }

    /// Says farewell to the peer.
    pub(super) fn close(&mut self, outbox: &mut impl Outbox, events: &mut Vec<Event>) {
        self.stop(events);
        if let Err(error) = self.connection.close() {
            tracing::debug!(session = self.id.0, %error, "close");
        }
        self.flush(outbox);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_sendrecv_with_every_candidate_and_nothing_to_trickle() {
        let locals = ["127.0.0.1:5000".parse().unwrap(), "[::1]:5001".parse().unwrap()];
        let options = Options { shards: 1, bitrate_kbps: 1000, channel_label: "reports" };
        let (mut peer, sdp) = Peer::offer(SessionId(7), &locals, options, Instant::now()).unwrap();
        for expected in
            ["a=sendrecv", "VP8/90000", "127.0.0.1 5000 typ host", "::1 5001 typ host", "nack pli"]
        {
            assert!(sdp.contains(expected), "{expected} in {sdp}");
        }
        assert!(matches!(peer.answer("v=garbage".into(), Instant::now()), Err(FanoutError::Answer(_))));
    }
}
