//! The client's side: answers an offer of video and receives it.
//!
//! ```text
//! Receiver::answer --> peer connection --packets--> session (one task) --frames--> FrameReceiver, for a decoding thread
//!                           ^                          |    '--events--> Receiver::next_event
//!                           '--- NACK, PLI, reports ---'<--- ChannelSender, from any thread
//! ```
//! Any offerer will do: a data channel of either side, video sent or sent and received, other media beside it that is
//! not taken, candidates in the offer.

mod channels;
mod checked_socket;
mod connection;
mod error;
mod event;
mod notices;
mod queue;
mod reception;
mod runtime;
mod session;
mod socket;
mod source;
mod stats;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use webrtc::peer_connection::{PeerConnection, RTCSessionDescription};

use crate::assemble::{Assembler, Settings};
use crate::description::{Flow, Offer};
use crate::guard::guarded_future;
use channels::Channels;
pub use channels::MAX_MESSAGE_BYTES;
use checked_socket::Checks;
pub use error::ReceiverError;
pub use event::{ChannelId, Event, TransportStage};
use notices::Handler;
pub use queue::{FrameReceiver, Received};
use reception::Reception;
use runtime::GuardedRuntime;
use session::{Request, Session};
use stats::Counters;
pub use stats::Stats;

/// How long it may take to make an answer with all candidates in it. It needs no network.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long [`Receiver::close`] takes at most.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Changes of state, or messages, that may wait for [`Receiver::next_event`].
const WAITING_EVENTS: usize = 64;
/// Texts that may wait to be sent: seconds of reports.
const WAITING_REQUESTS: usize = 256;

/// Frames that may wait for the decoder, by default. After an outage of 300 ms the repaired frames come all
/// at once, 18 of them at 60 frames per second. At 30 they are 0.8 s, which a report may be late.
const QUEUED_FRAMES: usize = 24;

/// What a receiver needs to know besides the offer.
#[derive(Debug, Clone)]
pub struct Options {
    /// Local addresses to bind UDP to, each with a port of its own; they are the candidates of the answer.
    pub addresses: Vec<IpAddr>,
    /// How long the connection may take from the answer on.
    pub connect_timeout: Duration,
    /// Frames that may wait for the decoder.
    pub queued_frames: usize,
    /// How packets become frames.
    pub assembly: Settings,
}

impl Options {
    /// Media on these local addresses, 10 s to connect, 24 frames for the decoder.
    pub fn new(addresses: Vec<IpAddr>) -> Self {
        Self {
            addresses,
            connect_timeout: Duration::from_secs(10),
            queued_frames: QUEUED_FRAMES,
            assembly: Settings::default(),
        }
    }
}

/// An answered offer.
#[derive(Debug)]
pub struct Answer {
    /// The answer, with all candidates in it, for the offerer.
    pub sdp: String,
    /// The connection.
    pub receiver: Receiver,
    /// The frames it receives.
    pub frames: FrameReceiver,
}

/// A connection that receives video. Dropping it closes it too, only later.
#[derive(Debug)]
pub struct Receiver {
    states: mpsc::Receiver<Event>,
    messages: mpsc::Receiver<Event>,
    requests: mpsc::Sender<Request>,
    counters: Arc<Counters>,
    stop: oneshot::Sender<()>,
    session: JoinHandle<()>,
}

impl Receiver {
    /// Answers an offer. Needs a Tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    /// An offer without VP8 video or one that cannot be used, or no address to bind; or the WebRTC stack panics over the offer.
    pub async fn answer(offer: &str, options: Options) -> Result<Answer, ReceiverError> {
        guarded_future(Self::answer_unguarded(offer, options)).await?
    }

    async fn answer_unguarded(offer: &str, options: Options) -> Result<Answer, ReceiverError> {
        if options.addresses.is_empty() {
            return Err(ReceiverError::NoAddress);
        }
        let mut offer = Offer::read(offer, Flow::Received)?;
        tracing::debug!("the offer: {}", offer.candidates);
        let counters = Arc::new(Counters::default());
        let addresses = options.addresses.iter().copied();
        let (checks, sdp) = Checks::new(addresses, &offer.sdp, Arc::clone(&counters));
        offer.sdp = sdp;
        let (handler, notices) = Handler::new();
        let checks = Arc::new(checks);
        let (runtime, panics) = GuardedRuntime::new(Arc::clone(&checks));
        let peer =
            connection::build(&options.addresses, handler.clone(), runtime, Arc::clone(&counters)).await?;
        let sdp = tokio::time::timeout(ANSWER_TIMEOUT, negotiate(&*peer, &offer, &handler))
            .await
            .map_err(|_| ReceiverError::TimedOut(ANSWER_TIMEOUT))??;

        let (states_sender, states) = mpsc::channel(WAITING_EVENTS);
        let (messages_sender, messages) = mpsc::channel(WAITING_EVENTS);
        let (requests, requests_receiver) = mpsc::channel(WAITING_REQUESTS);
        let (stop, stop_receiver) = oneshot::channel();
        let (frame_sender, frames) = queue::frame_queue(options.queued_frames);
        let session = Session {
            peer,
            notices,
            panics,
            requests: requests_receiver,
            stop: stop_receiver,
            states: states_sender,
            channels: Channels::new(messages_sender),
            frames: frame_sender,
            assembler: Assembler::new(options.assembly),
            reception: Reception::new(),
            report_at: None,
            checks,
            check_at: None,
            counters: Arc::clone(&counters),
            track: None,
            connect_by: Some(Instant::now() + options.connect_timeout),
            ice_worked: false,
            candidates: 0,
        };
        let session = tokio::spawn(session.run());
        let receiver = Receiver { states, messages, requests, counters, stop, session };
        Ok(Answer { sdp, receiver, frames })
    }

    /// The next event; `None` after the last one. Safe to cancel.
    pub async fn next_event(&mut self) -> Option<Event> {
        tokio::select! {
            biased;
            Some(event) = self.states.recv() => Some(event),
            Some(event) = self.messages.recv() => Some(event),
            else => None,
        }
    }

    /// Takes a candidate of the peer's that was not in its offer, as in SDP: `candidate:…`. What cannot be used is skipped.
    pub fn candidate(&self, candidate: String) {
        // Full: far more than anybody has of them.
        let _ = self.requests.try_send(Request::Candidate(candidate));
    }

    /// A handle to send with, from any thread.
    pub fn channel_sender(&self) -> ChannelSender {
        ChannelSender { requests: self.requests.clone() }
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// Closes the connection and waits for that, at most 2 s. [`FrameReceiver`] ends with what is in the queue.
    pub async fn close(self) {
        let Receiver { stop, mut session, .. } = self;
        drop(stop);
        if tokio::time::timeout(CLOSE_TIMEOUT, &mut session).await.is_err() {
            session.abort();
        }
    }
}

/// Sends text over a receiver's data channels. It never blocks.
#[derive(Debug, Clone)]
pub struct ChannelSender {
    requests: mpsc::Sender<Request>,
}

impl ChannelSender {
    /// Sends text over a channel that is open. `false` if too much is waiting already, or the receiver is closed.
    pub fn send(&self, channel: ChannelId, text: String) -> bool {
        self.requests.try_send(Request::Send { channel, text }).is_ok()
    }

    /// Opens an ordered, reliable channel; [`Event::ChannelOpened`] follows if the peer agrees. `false` as for `send`.
    pub fn open(&self, label: &str) -> bool {
        self.requests.try_send(Request::Open { label: label.to_owned(), is_lossy: false }).is_ok()
    }

    /// Opens a channel that is unordered and sends nothing again; otherwise as [`ChannelSender::open`].
    ///
    /// A channel that the peer opened so is not the same: `rtc` sends over it as if it were ordered and reliable,
    /// and a message that is lost holds up those behind it.
    pub fn open_lossy(&self, label: &str) -> bool {
        self.requests.try_send(Request::Open { label: label.to_owned(), is_lossy: true }).is_ok()
    }
}

/// Makes the answer and waits until all local candidates are in it.
async fn negotiate(
    peer: &dyn PeerConnection,
    offer: &Offer,
    handler: &Handler,
) -> Result<String, ReceiverError> {
    peer.set_remote_description(RTCSessionDescription::offer(offer.sdp.clone())?).await?;
    let answer = peer.create_answer(None).await?;
    let unfinished = answer.sdp.clone();
    peer.set_local_description(answer).await?;
    handler.gathered().await;
    let answer = peer.local_description().await.map_or(unfinished, |description| description.sdp);
    Ok(offer.answer(&answer)?)
}
