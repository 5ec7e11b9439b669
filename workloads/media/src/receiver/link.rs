//! The peer connection between its sockets and the session: what is in it, what is to be sent, and how far it is.

use std::io;
use std::time::{Duration, Instant};

use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::rtcp::Packet;
use rtc::sansio::Protocol;
use webrtc::peer_connection::{
    RTCIceConnectionState, RTCPeerConnection, RTCPeerConnectionEvent, RTCPeerConnectionState,
};

use super::channels::Channels;
use super::event::{ChannelId, Event, TransportStage};
use super::events::Events;
use super::transport::Transport;
use crate::late_candidates::LateCandidates;

/// Whether somebody takes what waits to be taken is looked at this often: nobody says so.
const UNTAKEN: Duration = Duration::from_millis(20);
/// After a timer that is due again at once, time goes on before it is looked at again.
const TIMER_FLOOR: Duration = Duration::from_millis(1);

/// A connection, its transport, and what is told of both.
pub(super) struct Link {
    connection: RTCPeerConnection,
    transport: Transport,
    channels: Channels,
    events: Events,
    /// When the connection has to be up; `None` once it was.
    connect_by: Option<Instant>,
    ice_worked: bool,
    late_candidates: LateCandidates,
    /// When the connection's timers are due, as of when it was last asked.
    timer_at: Option<Instant>,
    /// What ends the session.
    end: Option<Event>,
}

impl Link {
    /// A connection that has answered its offer.
    pub(super) fn new(
        connection: RTCPeerConnection,
        transport: Transport,
        events: Events,
        connect_by: Instant,
    ) -> Self {
        Self {
            connection,
            transport,
            channels: Channels::default(),
            events,
            connect_by: Some(connect_by),
            ice_worked: false,
            late_candidates: LateCandidates::default(),
            timer_at: None,
            end: None,
        }
    }

    /// Waits until something comes, somebody wakes it, or `limit` is over; not at all where something is left to read.
    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<()> {
        self.transport.wait(if self.transport.any_readable() { Duration::ZERO } else { limit })
    }

    /// Takes in what has come. Where that was more than media, the connection is drained.
    pub(super) fn receive(&mut self) {
        if self.transport.receive(&mut self.connection) || self.channels.is_waiting() {
            self.drain(Instant::now());
        }
    }

    /// The next RTP or RTCP that came.
    pub(super) fn next_media(&mut self) -> Option<TaggedRTCMessage> {
        self.connection.poll_media_read()
    }

    /// Takes out of the connection all but media, and has it sent what it is to send.
    pub(super) fn drain(&mut self, now: Instant) {
        self.transport.repeat(&mut self.connection, now);
        // The connection's state only advances while events are polled.
        while let Some(event) = self.connection.poll_event() {
            self.handle_event(&event);
        }
        self.channels.deliver(&mut self.connection, &self.events);
        self.flush(now);
    }

    /// Has it sent what it is to send.
    pub(super) fn flush(&mut self, now: Instant) {
        self.transport.flush(&mut self.connection, now);
        let timer = self.connection.poll_timeout();
        self.timer_at = timer.map(|at| at.max(now + TIMER_FLOOR));
    }

    /// Runs the timers that are due, and drains the connection after that.
    pub(super) fn run_timers(&mut self, now: Instant) {
        let is_due = |timer: Option<Instant>| timer.is_some_and(|at| at <= now);
        if is_due(self.connect_by) {
            self.fail(now);
        }
        self.transport.advance(now);
        if let Some(error) = self.transport.relay_failed() {
            self.end = Some(Event::RelayFailed(error));
        }
        let is_timer_due = is_due(self.timer_at);
        if is_timer_due && let Err(error) = self.connection.handle_timeout(now) {
            tracing::debug!(%error, "timer");
        }
        if is_timer_due || is_due(self.transport.deadline()) {
            self.drain(now);
        }
    }

    /// When there is something to do, whatever comes.
    pub(super) fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let untaken = self.channels.is_waiting().then(|| now + UNTAKEN);
        [self.timer_at, self.connect_by, self.transport.deadline(), untaken].into_iter().flatten().min()
    }

    /// What ended the session, if something did.
    pub(super) fn take_end(&mut self) -> Option<Event> {
        self.end.take()
    }

    /// Hands text to the connection, which sends it with the next flush. `false` if it did not take it.
    pub(super) fn send(&mut self, channel: ChannelId, text: String, now: Instant) -> bool {
        self.channels.send(&mut self.connection, channel, text, now)
    }

    /// Opens a channel of our own.
    pub(super) fn open(&mut self, label: &str, is_lossy: bool) {
        self.channels.open(&mut self.connection, label, is_lossy);
    }

    /// As [`Transport::measure_path_mtu`].
    pub(super) fn measure_path_mtu(&mut self) {
        self.transport.measure_path_mtu();
    }

    /// Takes another candidate of the peer's. One that cannot be used does no harm.
    pub(super) fn add_candidate(&mut self, candidate: String) {
        self.transport.remote_candidate(&candidate);
        if let Err(error) = self.late_candidates.add(&mut self.connection, candidate) {
            tracing::debug!("candidate skipped: {error}");
        }
    }

    /// Sends RTCP, if there is any.
    pub(super) fn send_feedback(&mut self, packets: Vec<Box<dyn Packet>>, now: Instant) {
        if packets.is_empty() {
            return;
        }
        let message = RTCMessage::RtcpPacket(String::new(), packets);
        if let Err(error) = self.connection.handle_write(TaggedRTCMessage { now, message }) {
            tracing::debug!("feedback was not sent: {error}");
        }
        self.flush(now);
    }

    /// As [`Transport::check_silent_path`].
    pub(super) fn check_silent_path(&mut self, now: Instant) {
        self.transport.check_silent_path(now);
    }

    /// Where it tells what happens.
    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    /// Closes the connection, with a notice to the peer.
    pub(super) fn close(&mut self) {
        if let Err(error) = self.connection.close() {
            tracing::debug!(%error, "close");
        }
        let now = Instant::now();
        self.transport.flush(&mut self.connection, now);
        self.transport.close(now);
    }

    fn handle_event(&mut self, event: &RTCPeerConnectionEvent) {
        match event {
            RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(
                RTCIceConnectionState::Connected | RTCIceConnectionState::Completed,
            ) => self.ice_connected(),
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Connected) => {
                self.connected();
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Failed) => {
                self.fail(Instant::now());
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Closed) => {
                self.end = Some(Event::Closed);
            }
            RTCPeerConnectionEvent::OnDataChannel(event) => {
                self.channels.happened(&mut self.connection, event);
            }
            _ => {}
        }
    }

    fn ice_connected(&mut self) {
        if !std::mem::replace(&mut self.ice_worked, true) {
            self.events.emit(Event::IceConnected);
        }
    }

    fn connected(&mut self) {
        if self.connect_by.take().is_some() {
            self.events.emit(Event::Connected);
        }
    }

    /// Ends the session: by its first stage that does not work, or by what is wrong with the relay.
    fn fail(&mut self, now: Instant) {
        let stage = self.failing_stage();
        let relay = self.transport.relay_problem(now);
        self.end = Some(relay.map_or(Event::Failed { stage }, Event::RelayFailed));
    }

    /// The connection reports a failure of ICE only. A handshake that fails just never ends.
    fn failing_stage(&self) -> TransportStage {
        if self.ice_worked && self.connect_by.is_some() { TransportStage::Dtls } else { TransportStage::Ice }
    }
}
