//! What others ask of a session, from any thread.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::thread::ThreadId;

use mio::Waker;

use super::event::ChannelId;
use super::frame::FrameHandler;

/// Texts that may wait to be sent: seconds of reports.
const WAITING: usize = 256;

/// A request.
pub(super) enum Request {
    /// Send a text over a data channel.
    Send { channel: ChannelId, text: String },
    /// Open a data channel.
    Open { label: String, is_lossy: bool },
    /// The peer has another candidate.
    Candidate(String),
    /// The peer is a program of our own: how large a packet may be is to be found out.
    MeasurePathMtu,
    /// From here on this takes the frames.
    Handler(FrameHandler),
}

/// The session's end.
pub(super) struct Requests {
    queue: Queue<Request>,
    shared: Arc<Shared>,
}

/// The others' end.
#[derive(Debug, Clone)]
pub(super) struct Requester {
    sender: SyncSender<Request>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waker: Arc<Waker>,
    is_stopped: AtomicBool,
    /// The session's thread, which needs not be woken to look after its own requests.
    thread: OnceLock<ThreadId>,
}

/// Both ends; `waker` ends the wait of the session's thread.
pub(super) fn requests(waker: Arc<Waker>) -> (Requester, Requests) {
    let (sender, queue) = sync_channel(WAITING);
    let shared = Arc::new(Shared { waker, is_stopped: AtomicBool::new(false), thread: OnceLock::new() });
    (Requester { sender, shared: Arc::clone(&shared) }, Requests { queue, shared })
}

impl Requests {
    /// To be called on the session's thread, before anything else.
    pub(super) fn on_this_thread(&self) {
        self.shared.thread.get_or_init(|| std::thread::current().id());
    }

    /// The next one, if there is one.
    pub(super) fn next(&self) -> Option<Request> {
        self.queue.try_recv().ok()
    }

    /// Whether the session is to end.
    pub(super) fn is_stopped(&self) -> bool {
        self.shared.is_stopped.load(Ordering::Acquire)
    }
}

impl Requester {
    /// `false` if too many are waiting already, or the session is over. Never blocks.
    pub(super) fn request(&self, request: Request) -> bool {
        let is_taken = self.sender.try_send(request).is_ok();
        if is_taken && self.shared.thread.get() != Some(&std::thread::current().id()) {
            self.wake();
        }
        is_taken
    }

    /// Has the session end.
    pub(super) fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Err(error) = self.shared.waker.wake() {
            tracing::warn!(%error, "a media thread was not woken, and comes to it later");
        }
    }
}
