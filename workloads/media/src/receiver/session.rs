//! The one thread behind a receiver: packets in, frames to the decoder, feedback and reports out.
//!
//! Nothing is handed from thread to thread on the way of a frame: a wake-up costs as much as all that is done with a
//! packet. So frames are decoded here as well, between two looks at the sockets.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rtc::peer_connection::message::RTCMessage;

use super::event::Event;
use super::frame::{FrameHandler, Handled};
use super::link::Link;
use super::requests::{Request, Requests};
use super::stats::{Counters, count};
use super::stream::Stream;
use crate::guard::guarded;

/// The longest sleep, so that an oversight costs a second and not a session.
const IDLE: Duration = Duration::from_secs(1);

/// After so long without a packet the way that they come by is checked, and again and again until one comes.
const SILENCE: Duration = Duration::from_millis(250);

/// One session, from the answer on.
pub(super) struct Session {
    link: Link,
    stream: Stream,
    requests: Requests,
    counters: Arc<Counters>,
    /// The name of the track that is received: the first one that sends.
    track: Option<String>,
    /// When a packet has been missing for so long that the way it should come by is checked; `None` before the first.
    check_at: Option<Instant>,
    /// Takes the frames, once there is somebody.
    handler: Option<FrameHandler>,
}

/// What there was among the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Requested {
    Nothing,
    /// To be sent, and nothing else.
    Texts,
    More,
}

impl Session {
    /// Nothing has come yet.
    pub(super) fn new(link: Link, stream: Stream, requests: Requests, counters: Arc<Counters>) -> Self {
        Self { link, stream, requests, counters, track: None, check_at: None, handler: None }
    }

    /// Runs the connection to its end, on a thread of its own.
    pub(super) fn run(mut self) {
        self.requests.on_this_thread();
        let last = self.run_to_the_end();
        let Self { mut link, mut stream, handler, .. } = self;
        // A connection that panicked is in no state to be closed.
        let is_sound = !matches!(last, Event::Panicked(_));
        let events = link.events().clone();
        let closed = guarded(move || {
            if is_sound {
                link.close();
            }
            drop(link);
        });
        events.emit(closed.err().map_or(last, Event::Panicked));
        let Some(mut handler) = handler else { return };
        while let Some(received) = stream.next_frame() {
            handler(received);
        }
    }

    /// The last event.
    fn run_to_the_end(&mut self) -> Event {
        if let Err(panicked) = guarded(|| self.link.drain(Instant::now())) {
            return Event::Panicked(panicked);
        }
        loop {
            match guarded(|| self.turn()) {
                Ok(None) => {}
                Ok(Some(last)) => return last,
                Err(panicked) => return Event::Panicked(panicked),
            }
            // Not under the guard: what panics in there is no peer's fault.
            self.decode_next();
        }
    }

    /// Does what is to be done, waits for more, and takes it in; the last event where it is the end.
    fn turn(&mut self) -> Option<Event> {
        let now = Instant::now();
        match self.run_requests(now) {
            Requested::Nothing => {}
            // The report of a frame, most of the time: it changes nothing, and only has to leave.
            Requested::Texts => self.link.flush(now),
            Requested::More => self.link.drain(now),
        }
        if self.requests.is_stopped() {
            return Some(Event::Closed);
        }
        self.run_timers(now);
        if let Some(end) = self.link.take_end() {
            return Some(end);
        }
        let idle = self.idle(Instant::now());
        if let Err(error) = self.link.wait(idle) {
            tracing::error!(%error, "the media thread cannot wait for its sockets and ends");
            return Some(Event::Closed);
        }
        self.link.receive();
        self.take_media(Instant::now());
        None
    }

    /// How long there is nothing to do.
    fn idle(&mut self, now: Instant) -> Duration {
        if self.handler.is_some() && self.stream.has_frame() {
            return Duration::ZERO;
        }
        let timers = [self.link.deadline(now), self.stream.deadline(), self.check_at];
        let next = timers.into_iter().flatten().min();
        next.map_or(IDLE, |next| next.saturating_duration_since(now).min(IDLE))
    }

    fn run_requests(&mut self, now: Instant) -> Requested {
        let mut requested = Requested::Nothing;
        while let Some(request) = self.requests.next() {
            let kind = match request {
                Request::Send { channel, text } => {
                    if !self.link.send(channel, text, now) {
                        count(&self.counters.unsent, 1);
                    }
                    Requested::Texts
                }
                Request::Open { label, is_lossy } => {
                    self.link.open(&label, is_lossy);
                    Requested::More
                }
                Request::Candidate(candidate) => {
                    self.link.add_candidate(candidate);
                    Requested::More
                }
                Request::MeasurePathMtu => {
                    self.link.measure_path_mtu();
                    Requested::More
                }
                Request::Handler(handler) => {
                    self.handler = Some(handler);
                    Requested::Nothing
                }
            };
            requested = requested.max(kind);
        }
        requested
    }

    fn run_timers(&mut self, now: Instant) {
        self.link.run_timers(now);
        if self.check_at.is_some_and(|at| at <= now) {
            self.check_at = Some(now + SILENCE);
            self.link.check_silent_path(now);
        }
        if self.stream.deadline().is_some_and(|at| at <= now) {
            self.stream.advance(now);
        }
        // Not only by time: the decoder may have lost a frame.
        self.send_feedback(now);
    }

    /// Takes in the media that came.
    fn take_media(&mut self, now: Instant) {
        let mut any = false;
        while let Some(message) = self.link.next_media() {
            let arrived = message.now;
            match message.message {
                RTCMessage::RtpPacket(track, packet) if self.is_ours(&track) => {
                    if self.counters.packets.load(Relaxed) == 0 {
                        self.link.events().emit(Event::FirstPacket);
                    }
                    self.check_at = Some(now + SILENCE);
                    self.stream.packet(packet, arrived, now);
                    any = true;
                }
                RTCMessage::RtcpPacket(_, packets) => self.stream.rtcp(&packets, arrived),
                _ => {}
            }
        }
        if any {
            self.send_feedback(now);
        }
    }

    /// Whether the track is the one that is received.
    fn is_ours(&mut self, track: &str) -> bool {
        self.track.get_or_insert_with(|| track.to_owned()) == track
    }

    /// Hands the next frame to the decoder.
    fn decode_next(&mut self) {
        let Some(handler) = &mut self.handler else { return };
        let Some(received) = self.stream.next_frame() else { return };
        let timestamp = received.frame.timestamp();
        if handler(received) == Handled::Lost {
            self.stream.decoder_lost(timestamp);
        }
    }

    fn send_feedback(&mut self, now: Instant) {
        let packets = self.stream.feedback(now);
        self.link.send_feedback(packets, now);
    }
}
