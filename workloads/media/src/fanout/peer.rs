//! One session's peer connection: `rtc`, with its inputs and outputs translated.

mod sending;
mod setup;

use std::net::SocketAddr;
use std::time::Instant;

use report::{CandidatePair, SessionId, Stage};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::sansio::Protocol;
use webrtc::data_channel::RTCDataChannelId;
use webrtc::peer_connection::{
    RTCDataChannelEvent, RTCIceConnectionState, RTCPeerConnection, RTCPeerConnectionEvent,
    RTCPeerConnectionState,
};
use webrtc::rtp_transceiver::RTCRtpSenderId;

use super::event::{CloseReason, Event};
use super::exchange::Exchange;
use super::feedback::is_keyframe_request;
use super::keyframe_requests::KeyframeRequests;
use super::outbox::Outbox;
use super::outgoing::Outgoing;
use super::schedule::Schedule;
use super::watch::{Opener, Watch};
use crate::checks::Route;
use crate::datagrams::received;
use crate::description::OfferedData;
use crate::handshake::is_application_data;
use crate::late_candidates::LateCandidates;
use crate::packetise::PacketBytes;
use crate::stun::TransactionId;

/// When a peer is to be drained that took something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DrainDue {
    Now,
    /// With the next frame, if that comes soon.
    WithNextFrame,
}

/// A peer connection, from its description on.
pub(super) struct Peer {
    id: SessionId,
    connection: RTCPeerConnection,
    exchange: Exchange,
    sender: RTCRtpSenderId,
    ufrag: String,
    outgoing: Outgoing,
    keyframe_requests: KeyframeRequests,
    schedule: Schedule,
    /// The channel that we opened, if we did, and the first that the peer did; the latter once it is open.
    own_channel: Option<RTCDataChannelId>,
    peer_channel: Option<RTCDataChannelId>,
    /// What the peer offered for a channel, where it is the offerer.
    offered_data: Option<OfferedData>,
    connect_by: Instant,
    ice_worked: bool,
    late_candidates: LateCandidates,
    watch: Watch,
    /// The way that media takes, as it was told last.
    path: Option<CandidatePair>,
    /// What was said last of how large a packet may be, and how large the largest is.
    path_mtu: (Option<u16>, Option<u16>),
    /// The label of our channel: a peer that opens one of that name is one of our own programs.
    channel_label: &'static str,
    packet_bytes: PacketBytes,
    failed: Option<CloseReason>,
}

impl Peer {
    pub(super) fn id(&self) -> SessionId {
        self.id
    }

    /// Our ICE username fragment, by which the peer's first datagram finds its session.
    pub(super) fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// Why the session is over, if it is.
    pub(super) fn failed(&self) -> Option<CloseReason> {
        self.failed.clone()
    }

    /// Takes in a datagram; nothing is sent before [`Peer::drain`]. What it was decides when that has to follow.
    pub(super) fn receive(
        &mut self,
        local: SocketAddr,
        peer: SocketAddr,
        data: &[u8],
        now: Instant,
        events: &mut Vec<Event>,
    ) -> DrainDue {
        if let Some(Route { local, peer }) = self.exchange.received(Route { local, peer }, data, now) {
            self.take_in(local, peer, data, now);
        }
        if !self.exchange.handshake().is_over() || !is_application_data(data) {
            return DrainDue::Now;
        }
        // `rtc` has the message whole by now, and owes the peer an acknowledgement, which may take 200 ms (RFC 9260,
        // section 6.2).
        while let Some(message) = self.connection.poll_data_read() {
            self.take(message, events);
        }
        DrainDue::WithNextFrame
    }

    fn take_in(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) {
        // What a peer sends may be anything; `rtc` logs what it cannot use, and there is nothing to add.
        let _ = self.connection.handle_read(received(local, peer, data, now));
    }

    /// As [`Exchange::take_checks`].
    pub(super) fn take_checks(&mut self) -> std::vec::Drain<'_, TransactionId> {
        self.exchange.take_checks()
    }

    /// Lets timers run.
    pub(super) fn advance(&mut self, now: Instant) {
        if let Err(error) = self.connection.handle_timeout(now) {
            tracing::debug!(session = self.id.0, %error, "timer");
        }
    }

    /// Sends what is queued and pushes what has happened to `events`; returns when [`Peer::advance`] is due.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        outbox: &Outbox<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Instant> {
        while let Some(datagram) = self.exchange.repeat(now, outbox) {
            self.take_in(datagram.local, datagram.peer, &datagram.data, now);
        }
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
        for packet in self.outgoing.repairs(outbox.recent_frames()) {
            self.write(RTCMessage::RtpPacket(String::new(), packet), now);
        }
        self.pass_keyframe_request_on(now, events);
        self.flush(outbox, now);
        let deadline = [self.connection.poll_timeout(), self.exchange.deadline()].into_iter().flatten().min();
        if self.schedule.was_connected() {
            self.look_after(now, events);
            return [deadline, self.watch.deadline()].into_iter().flatten().min();
        }
        if now >= self.connect_by {
            self.fail();
        }
        Some(deadline.map_or(self.connect_by, |deadline| deadline.min(self.connect_by)))
    }

    /// Watches a session that is connected.
    fn look_after(&mut self, now: Instant, events: &mut Vec<Event>) {
        let sctp = self.connection.sctp().map(|transport| transport.state());
        if let Some(why) = self.watch.missing_channel(sctp, now) {
            events.push(Event::NoChannel { id: self.id, why, at: now });
        }
        if self.exchange.handshake().is_closed_by_peer() {
            // No frame that the peer cannot get is sent, and charged as lost.
            self.stop(events);
            if self.watch.is_without_bye(now) {
                self.fail();
            }
        }
    }

    /// Ends the session, for the first stage that does not work.
    fn fail(&mut self) {
        self.failed = Some(match (self.ice_worked, self.schedule.was_connected()) {
            (_, true) => CloseReason::PeerLost,
            (true, false) => CloseReason::DtlsFailed,
            (false, false) => CloseReason::IceFailed { has_heard_check: self.exchange.has_heard_check() },
        });
    }

    fn read(&mut self, events: &mut Vec<Event>) {
        while let Some(message) = self.connection.poll_read() {
            self.take(message, events);
        }
    }

    fn take(&mut self, TaggedRTCMessage { now, message }: TaggedRTCMessage, events: &mut Vec<Event>) {
        match message {
            RTCMessage::DataChannelMessage(_, report) => {
                events.push(Event::Report { id: self.id, at: now, data: report.data.freeze() });
            }
            RTCMessage::RtcpPacket(_, packets) => {
                for packet in &packets {
                    self.outgoing.feedback(packet.as_ref(), now);
                    if is_keyframe_request(packet.as_ref()) {
                        self.keyframe_requests.requested();
                        self.exchange.suspect_path_mtu(now);
                    }
                }
            }
            // An aiortc peer may send video back: the offer allows it, and nobody wants it.
            _ => {}
        }
    }

    fn translate(&mut self, event: &RTCPeerConnectionEvent, now: Instant, events: &mut Vec<Event>) {
        let id = self.id;
        let reached = |stage| Event::Reached { id, stage, at: now };
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
                    if let Some(opener) = self.opener() {
                        self.watch.wait_for_channel(opener, now);
                    }
                }
                self.schedule.connected(now);
            }
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(channel)) => {
                if Some(*channel) != self.own_channel {
                    self.peer_channel.get_or_insert(*channel);
                    self.recognise(*channel);
                }
                // A second one, opened by the peer, is as good for reports and changes nothing.
                let is_first = self.schedule.channel_opened();
                if is_first {
                    self.exchange.handshake().complete();
                    self.watch.channel_opened();
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

    /// A peer that takes our offer and opens a channel of the name that ours has is one of our own programs.
    fn recognise(&mut self, channel: RTCDataChannelId) {
        let label =
            self.connection.data_channel(channel).map(|channel| channel.label() == self.channel_label);
        if self.own_channel.is_some() && label == Some(true) {
            self.exchange.measure_path_mtu();
        }
    }

    /// Whose it is to open a channel; `None` with a peer that only watches.
    fn opener(&mut self) -> Option<Opener> {
        match self.own_channel {
            Some(_) => Some(Opener::Us { is_dtls_server: !self.exchange.handshake().is_dtls_client() }),
            None => self.offered_data.map(Opener::Peer),
        }
    }

    /// A candidate of the peer's that was not in its description. One that cannot be used does no harm.
    pub(super) fn add_candidate(&mut self, candidate: String) {
        self.exchange.remote_candidate(&candidate);
        if let Err(error) = self.late_candidates.add(&mut self.connection, candidate) {
            tracing::debug!(session = self.id.0, %error, "candidate skipped");
        }
    }

    /// Sends what is written.
    pub(super) fn flush(&mut self, outbox: &Outbox<'_>, now: Instant) {
        while let Some(datagram) = self.connection.poll_write() {
            let route = Route { local: datagram.transport.local_addr, peer: datagram.transport.peer_addr };
            self.exchange.send(route, &datagram.message, now, outbox);
        }
        self.exchange.advance(now, outbox);
    }

    /// Sends no more video.
    pub(super) fn stop(&mut self, events: &mut Vec<Event>) {
        if let Some(last) = self.schedule.stop() {
            events.push(self.network());
            events.extend(self.changed_path());
            events.extend(self.changed_path_mtu());
            events.push(Event::Stopped { id: self.id, last });
        }
    }

    fn pass_keyframe_request_on(&mut self, now: Instant, events: &mut Vec<Event>) {
        if self.keyframe_requests.take(now) {
            events.push(Event::KeyframeWanted(self.id));
        }
    }

    fn network(&self) -> Event {
        Event::Network { id: self.id, sample: self.outgoing.sample(), at: Instant::now() }
    }

    /// The way that media takes, where it is another than before.
    fn changed_path(&mut self) -> Option<Event> {
        let pair = self.exchange.pair()?;
        let has_changed = self.path.replace(pair) != Some(pair);
        has_changed.then(|| Event::Path { id: self.id, pair })
    }

    /// How large a packet may be, where that is something else than before.
    fn changed_path_mtu(&mut self) -> Option<Event> {
        let now = self.exchange.path_mtu();
        let (path_mtu, largest_packet) = now;
        let has_changed = std::mem::replace(&mut self.path_mtu, now) != now;
        has_changed.then_some(Event::PathMtu { id: self.id, path_mtu, largest_packet })
    }

    fn write(&mut self, message: RTCMessage, now: Instant) {
        write(&mut self.connection, self.id, message, now);
    }
}

/// Straight into the pipeline: the sender object would copy its parameters for every packet to check what was agreed on
/// once. The track's name, which the message has room for, is not used on the way out.
fn write(connection: &mut RTCPeerConnection, id: SessionId, message: RTCMessage, now: Instant) {
    if let Err(error) = connection.handle_write(TaggedRTCMessage { now, message }) {
        tracing::debug!(session = id.0, %error, "packet not sent");
    }
}
