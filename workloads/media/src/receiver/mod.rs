//! The client's side: answers an offer of video and receives it.
//!
//! ```text
//! Receiver::answer --> session (one thread): sockets --> rtc --> stream --> queue --frames--> FrameHandler, on that thread
//!                         ^                     ^<-- NACK, PLI, reports -- '                        |
//!                         '--- ChannelSender, from any thread, mostly from the handler <------------'
//!                         '--events--> Receiver::next_event
//! ```
//! Any offerer will do: a data channel of either side, video sent or sent and received, other media beside it that is
//! not taken, candidates in the offer.

mod channels;
mod connection;
mod ends;
mod error;
mod event;
mod events;
mod frame;
mod gate;
mod link;
mod queue;
mod reception;
mod requests;
#[cfg(test)]
pub(crate) mod sans_io;
mod session;
mod silence;
mod sockets;
mod source;
mod stats;
mod stream;
mod transport;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::assemble::Settings;
use crate::checks::SessionChecks;
use crate::datagrams::{host_candidate, relay_candidate};
use crate::description::{Flow, Offer};
use crate::guard::guarded;
use crate::relay::{Allocation, RelayError};
pub use channels::MAX_MESSAGE_BYTES;
use ends::Ends;
pub use error::ReceiverError;
pub use event::{ChannelId, Event, TransportStage};
use events::Events;
pub use frame::{FrameHandler, Handled, Received};
use link::Link;
use requests::{Request, Requester, requests};
use session::Session;
use stats::Counters;
pub use stats::{Stats, Unanswered};
use stream::Stream;
use transport::Transport;

/// The session's thread.
pub const THREAD: &str = "media";
/// How long [`Receiver::close`] takes at most.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

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
    /// Where the offerer is, as far as its offer says.
    pub offerer: Vec<SocketAddr>,
}

/// A connection that receives video. Dropping it closes it too, only later.
#[derive(Debug)]
pub struct Receiver {
    events: mpsc::Receiver<Event>,
    requester: Requester,
    counters: Arc<Counters>,
    /// Ends with the thread.
    ended: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Answers an offer, and starts the session's thread.
    ///
    /// # Errors
    /// An offer without VP8 video or one that cannot be used, no address to bind, or no thread to be had; or the WebRTC
    /// stack panics over the offer.
    pub fn answer(offer: &str, options: Options) -> Result<Answer, ReceiverError> {
        guarded(|| {
            let ends = Ends::bind(&options.addresses)?;
            Self::answer_unguarded(&Offer::read(offer, Flow::Received)?, options, ends)
        })?
    }

    /// As [`Receiver::answer`], and media comes by a TURN server alone: the addresses of the options are not used.
    ///
    /// # Errors
    /// As [`Receiver::answer`]; and where the relay's address is of another family than all that the offerer names.
    pub fn answer_by_relay(
        offer: &str,
        options: Options,
        allocation: Allocation,
    ) -> Result<Answer, ReceiverError> {
        guarded(|| match offer_for(&allocation, offer) {
            Ok(offer) => Self::answer_unguarded(&offer, options, Ends::at_relay(allocation)?),
            Err(error) => {
                allocation.give_back();
                Err(error)
            }
        })?
    }

    fn answer_unguarded(offer: &Offer, options: Options, ends: Ends) -> Result<Answer, ReceiverError> {
        tracing::debug!("the offer: {}", offer.candidates);
        let Options { connect_timeout, queued_frames, assembly, .. } = options;
        let Ends { polled, waker, relay, addresses } = ends;
        let mut checks = SessionChecks::new(addresses.iter().map(SocketAddr::ip));
        let described = checks.remote_description(&offer.sdp);
        let now = Instant::now();
        let counters = Arc::new(Counters::new(offer.is_lite));
        let candidate = |address: &SocketAddr| match &relay {
            Some((_, local)) => relay_candidate(*address, *local),
            None => host_candidate(*address),
        };
        let candidates = addresses.iter().map(candidate);
        let (connection, sdp) = connection::answer(described, candidates, now, Arc::clone(&counters))?;
        checks.local_description(&sdp);
        let sdp = offer.answer(&sdp)?;
        if let Some((relay, _)) = &relay
            && let Some(relayed) = relay.relayed()
        {
            checks.relayed_at(relayed);
        }

        let (events, happened) = Events::new();
        let (requester, requests) = requests(waker);
        let relay = relay.map(|(relay, _)| relay);
        let transport = Transport::new(polled, relay, checks, Arc::clone(&counters));
        let link = Link::new(connection, transport, events, now + connect_timeout);
        let stream = Stream::new(assembly, queued_frames, Arc::clone(&counters));
        let session = Session::new(link, stream, requests, Arc::clone(&counters));
        let (running, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name(THREAD.into()).spawn(move || {
            let _running: oneshot::Sender<()> = running;
            session.run();
        });
        let thread = Some(thread.map_err(ReceiverError::Thread)?);
        let receiver = Self { events: happened, requester, counters, ended, thread };
        Ok(Answer { sdp, receiver, offerer: offer.candidates.addresses().collect() })
    }

    /// Has `handler` take the frames, from here on; those that came before wait for it in the queue.
    pub fn handle_frames(&self, handler: impl FnMut(Received) -> Handled + Send + 'static) {
        // Full or closed: nothing is waiting yet where there is no handler, and nothing comes where it is closed.
        let _ = self.requester.request(Request::Handler(Box::new(handler)));
    }

    /// The next event; `None` after the last one. Safe to cancel.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Takes a candidate of the peer's that was not in its offer, as in SDP: `candidate:…`. What cannot be used is skipped.
    pub fn candidate(&self, candidate: String) {
        // Full: far more than anybody has of them.
        let _ = self.requester.request(Request::Candidate(candidate));
    }

    /// Has it find out, now and then, how large a packet may be to reach the peer, which is a program of our own: see
    /// [`Stats::path_mtu`].
    pub fn measure_path_mtu(&self) {
        // Full: far more than anybody asks of it.
        let _ = self.requester.request(Request::MeasurePathMtu);
    }

    /// A handle to send with, from any thread.
    pub fn channel_sender(&self) -> ChannelSender {
        ChannelSender { requester: self.requester.clone() }
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// What of the relay, where media goes by one, explains that nothing gets through.
    pub fn relay_problem(&self) -> Option<RelayError> {
        self.counters.relay_problem()
    }

    /// Closes the connection and waits, at most 2 s, until that is done and the handler has taken what was in the queue.
    /// False where the handler panicked.
    pub async fn close(mut self) -> bool {
        self.requester.stop();
        if tokio::time::timeout(CLOSE_TIMEOUT, &mut self.ended).await.is_err() {
            tracing::warn!("a peer connection did not close within {CLOSE_TIMEOUT:?}");
            return true;
        }
        // The thread is at its end: this takes no time.
        self.thread.take().is_none_or(|thread| thread.join().is_ok())
    }
}

/// The offer, where its offerer can be reached from the relay's address.
fn offer_for(allocation: &Allocation, offer: &str) -> Result<Offer, ReceiverError> {
    let offer = Offer::read(offer, Flow::Received)?;
    let addresses: Vec<SocketAddr> = offer.candidates.addresses().collect();
    allocation.reaches(&addresses)?;
    Ok(offer)
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.requester.stop();
    }
}

/// Sends text over a receiver's data channels. It never blocks.
#[derive(Debug, Clone)]
pub struct ChannelSender {
    requester: Requester,
}

impl ChannelSender {
    /// Sends text over a channel that is open. `false` if too much is waiting already, or the receiver is closed.
    pub fn send(&self, channel: ChannelId, text: String) -> bool {
        self.requester.request(Request::Send { channel, text })
    }

    /// Opens an ordered, reliable channel; [`Event::ChannelOpened`] follows if the peer agrees. `false` as for `send`.
    pub fn open(&self, label: &str) -> bool {
        self.requester.request(Request::Open { label: label.to_owned(), is_lossy: false })
    }

    /// Opens a channel that is unordered and sends nothing again; otherwise as [`ChannelSender::open`].
    ///
    /// A channel that the peer opened so is not the same: `rtc` sends over it as if it were ordered and reliable,
    /// and a message that is lost holds up those behind it.
    pub fn open_lossy(&self, label: &str) -> bool {
        self.requester.request(Request::Open { label: label.to_owned(), is_lossy: true })
    }
}
