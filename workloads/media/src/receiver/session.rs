//! The one task behind a receiver: packets in, frames, feedback and reports out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};
use tokio::sync::{mpsc, oneshot};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, RTCIceCandidateInit, RTCIceConnectionState, RTCPeerConnectionState,
};

use super::channels::{self, Channels};
use super::checked_socket::Checks;
use super::event::{ChannelId, Event, TransportStage};
use super::notices::Notice;
use super::queue::{FrameSender, Pushed};
use super::reception::Reception;
use super::source;
use super::stats::{Counters, count};
use crate::assemble::{Assembler, RtpPacket};
use crate::guard::{Panicked, guarded_future};

/// How long the connection may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Receiver reports go out this often (RFC 3550, section 6.2, would have it half a second and more for a stream of
/// this rate).
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// After so long without a packet the way that they come by is checked, and again and again until one comes.
const SILENCE: Duration = Duration::from_millis(250);

/// Who sends feedback without sending media has no SSRC of its own; this is what browsers put there.
const FEEDBACK_SSRC: u32 = 1;

/// Candidates of the peer that may come after its offer.
const MAX_CANDIDATES: usize = 8;

/// What others request of the session.
pub(super) enum Request {
    Send {
        channel: ChannelId,
        text: String,
    },
    Open {
        label: String,
        is_lossy: bool,
    },
    /// The peer has another candidate.
    Candidate(String),
}

/// It never waits for whoever takes frames or events: the queue of the remote track is short and drops packets.
pub(super) struct Session {
    pub(super) peer: Arc<dyn PeerConnection>,
    pub(super) notices: mpsc::Receiver<Notice>,
    pub(super) panics: mpsc::Receiver<Panicked>,
    pub(super) requests: mpsc::Receiver<Request>,
    /// Stops the session when its other end is dropped.
    pub(super) stop: oneshot::Receiver<()>,
    pub(super) states: mpsc::Sender<Event>,
    pub(super) channels: Channels,
    pub(super) frames: FrameSender,
    pub(super) assembler: Assembler,
    pub(super) reception: Reception,
    /// When the next receiver report is due; `None` before the first packet.
    pub(super) report_at: Option<Instant>,
    pub(super) checks: Arc<Checks>,
    /// When a packet has been missing for so long that the way it should come by is checked; `None` before the first.
    pub(super) check_at: Option<Instant>,
    pub(super) counters: Arc<Counters>,
    pub(super) track: Option<Arc<dyn TrackRemote>>,
    /// When the connection has to be up; `None` once it was.
    pub(super) connect_by: Option<Instant>,
    pub(super) ice_worked: bool,
    /// How many of the peer's candidates came after its offer.
    pub(super) candidates: usize,
}

impl Session {
    pub(super) async fn run(self) {
        let states = self.states.clone();
        let last = guarded_future(self.run_unguarded()).await.unwrap_or_else(Event::Panicked);
        emit(&states, last);
    }

    async fn run_unguarded(mut self) -> Event {
        let last = self.receive().await;
        // A connection that panicked is in no state to be closed.
        if !matches!(last, Event::Panicked(_))
            && tokio::time::timeout(CLOSE_TIMEOUT, self.peer.close()).await.is_err()
        {
            tracing::warn!("a peer connection did not close within {CLOSE_TIMEOUT:?}");
        }
        last
    }

    /// Runs the connection to its end; returns the last event.
    async fn receive(&mut self) -> Event {
        loop {
            let timers = [self.assembler.poll_timeout(), self.connect_by, self.report_at, self.check_at];
            let timer = timers.into_iter().flatten().min();
            tokio::select! {
                biased;
                _ = &mut self.stop => return Event::Closed,
                Some(panicked) = self.panics.recv() => return Event::Panicked(panicked),
                Some(request) = self.requests.recv() => self.run_request(request).await,
                event = next_event(self.track.as_deref()) => match event {
                    Some(TrackRemoteEvent::OnRtpPacket(packet)) => self.take_packet(packet).await,
                    Some(TrackRemoteEvent::OnRtcpPacket(packets)) => self.take_rtcp(&packets),
                    Some(TrackRemoteEvent::OnEnded) | None => return Event::Closed,
                    Some(_) => {}
                },
                Some(notice) = self.notices.recv() => {
                    if let Some(last) = self.handle_notice(notice) {
                        return last;
                    }
                }
                timestamp = self.frames.decoder_lost() => {
                    self.assembler.decoder_lost(timestamp);
                    self.deliver(Instant::now()).await;
                }
                () = sleep_until(timer) => {
                    let now = Instant::now();
                    if self.connect_by.is_some_and(|connect_by| connect_by <= now) {
                        return Event::Failed { stage: self.failing_stage() };
                    }
                    self.assembler.handle_timeout(now);
                    self.deliver(now).await;
                    self.report(now).await;
                    if self.check_at.is_some_and(|at| at <= now) {
                        self.check_at = Some(now + SILENCE);
                        self.checks.check_silent_path();
                    }
                }
            }
        }
    }

    async fn run_request(&mut self, request: Request) {
        match request {
            Request::Send { channel, text } => {
                if !self.channels.send(channel, &text).await {
                    count(&self.counters.unsent, 1);
                }
            }
            Request::Open { label, is_lossy } => match channels::open(&*self.peer, &label, is_lossy).await {
                Ok(channel) => self.channels.add(channel, false),
                Err(error) => tracing::warn!("cannot open the data channel {label:?}: {error}"),
            },
            Request::Candidate(candidate) => self.add_candidate(candidate).await,
        }
    }

    async fn add_candidate(&mut self, candidate: String) {
        if self.candidates == MAX_CANDIDATES {
            return;
        }
        self.candidates += 1;
        let candidate = RTCIceCandidateInit { candidate, ..Default::default() };
        if let Err(error) = self.peer.add_ice_candidate(candidate).await {
            tracing::debug!("candidate skipped: {error}");
        }
    }

    async fn take_packet(&mut self, packet: rtc::rtp::Packet) {
        if self.counters.packets.load(std::sync::atomic::Ordering::Relaxed) == 0 {
            self.emit(Event::FirstPacket);
        }
        count(&self.counters.packets, 1);
        let longest = &self.counters.longest_payload;
        longest.fetch_max(packet.payload.len() as u64, std::sync::atomic::Ordering::Relaxed);
        let now = Instant::now();
        let header = &packet.header;
        let ssrc = source::of(header);
        self.reception.packet(ssrc, header.sequence_number, header.timestamp, now);
        self.report_at.get_or_insert(now + REPORT_INTERVAL);
        self.check_at = Some(now + SILENCE);
        let packet = RtpPacket {
            ssrc,
            sequence_number: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload,
        };
        self.assembler.handle_packet(packet, now);
        self.counters.reception(self.reception.lost(), self.reception.jitter(), self.assembler.repaired());
        self.deliver(now).await;
    }

    fn take_rtcp(&mut self, packets: &[Box<dyn Packet>]) {
        let now = Instant::now();
        for packet in packets {
            if let Some(report) = packet.as_any().downcast_ref::<SenderReport>() {
                self.reception.sender_report(report.ssrc, report.ntp_time, now);
            }
        }
    }

    /// Sends the receiver report that is due, if one is.
    async fn report(&mut self, now: Instant) {
        if self.report_at.is_none_or(|at| now < at) {
            return;
        }
        self.report_at = Some(now + REPORT_INTERVAL);
        let Some(report) = self.reception.report(now) else { return };
        let report = ReceiverReport { ssrc: FEEDBACK_SSRC, reports: vec![report], ..Default::default() };
        self.send_feedback(vec![Box::new(report)]).await;
    }

    async fn send_feedback(&self, packets: Vec<Box<dyn Packet>>) {
        if let Some(track) = &self.track
            && let Err(error) = track.write_rtcp(packets).await
        {
            tracing::debug!("feedback was not sent: {error}");
        }
    }

    /// Passes on whatever the assembler has.
    async fn deliver(&mut self, now: Instant) {
        while let Some(assembled) = self.assembler.poll_frame() {
            let timestamp = assembled.timestamp();
            match self.frames.push(assembled, now) {
                Pushed::Frame => count(&self.counters.frames, 1),
                Pushed::Undecodable => count(&self.counters.undecodable, 1),
                Pushed::Overrun => {
                    count(&self.counters.overruns, 1);
                    self.assembler.decoder_lost(timestamp);
                }
            }
        }
        let mut feedback: Vec<Box<dyn Packet>> = Vec::new();
        if let Some((media_ssrc, missing)) = self.assembler.poll_missing(now) {
            count(&self.counters.repairs_requested, missing.len() as u64);
            count(&self.counters.nack_packets, 1);
            let nacks = nack_pairs_from_sequence_numbers(&missing);
            feedback.push(Box::new(TransportLayerNack { sender_ssrc: FEEDBACK_SSRC, media_ssrc, nacks }));
        }
        if let Some(media_ssrc) = self.assembler.poll_keyframe_request(now) {
            count(&self.counters.keyframes_requested, 1);
            feedback.push(Box::new(PictureLossIndication { sender_ssrc: FEEDBACK_SSRC, media_ssrc }));
        }
        if !feedback.is_empty() {
            self.send_feedback(feedback).await;
        }
    }

    /// Takes a notice; `Some` if it is the end.
    fn handle_notice(&mut self, notice: Notice) -> Option<Event> {
        match notice {
            Notice::Ice(RTCIceConnectionState::Connected | RTCIceConnectionState::Completed) => {
                if !self.ice_worked {
                    self.ice_worked = true;
                    self.emit(Event::IceConnected);
                }
            }
            Notice::Ice(_) => {}
            Notice::Connection(RTCPeerConnectionState::Connected) => {
                if self.connect_by.take().is_some() {
                    self.emit(Event::Connected);
                }
            }
            Notice::Connection(RTCPeerConnectionState::Failed) => {
                return Some(Event::Failed { stage: self.failing_stage() });
            }
            Notice::Connection(RTCPeerConnectionState::Closed) => return Some(Event::Closed),
            Notice::Connection(_) => {}
            Notice::Track(track) if self.track.is_none() => self.track = Some(track),
            Notice::Track(_) => tracing::debug!("ignored a second track"),
            Notice::Channel(channel) => self.channels.add(channel, true),
        }
        None
    }

    /// The connection reports a failure of ICE only. A handshake that fails just never ends.
    fn failing_stage(&self) -> TransportStage {
        if self.ice_worked && self.connect_by.is_some() { TransportStage::Dtls } else { TransportStage::Ice }
    }

    fn emit(&self, event: Event) {
        emit(&self.states, event);
    }
}

fn emit(states: &mpsc::Sender<Event>, event: Event) {
    if let Err(mpsc::error::TrySendError::Full(event)) = states.try_send(event) {
        tracing::warn!("nobody took the receiver's events for long: {event:?} is left out");
    }
}

async fn next_event(track: Option<&dyn TrackRemote>) -> Option<TrackRemoteEvent> {
    match track {
        Some(track) => track.poll().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(timer: Option<Instant>) {
    match timer {
        Some(timer) => tokio::time::sleep_until(timer.into()).await,
        None => std::future::pending().await,
    }
}
