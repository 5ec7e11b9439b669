//! Offers and answers, on a thread of its own: a join costs over a millisecond, which no shard has to spare between
//! two frames.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use report::SessionId;
use tokio::sync::oneshot;

use super::binding;
use super::command::Command;
use super::error::FanoutError;
use super::handle::ShardHandle;
use super::numbering::Numberings;
use super::options::Options;
use super::peer::Peer;
use crate::addresses::MediaAddresses;
use crate::description::{Place, advertise};
use crate::guard::guarded;

/// Requests that may wait: a burst of joins. Callers beyond that wait themselves.
const QUEUE: usize = 1024;

/// Sessions that the first shard has before another one gets any: to wake a further thread for each frame costs as much as
/// a few sessions.
const TOGETHER: u64 = 16;

enum Request {
    Offer {
        id: SessionId,
        addresses: MediaAddresses,
        reply: oneshot::Sender<Result<String, FanoutError>>,
    },
    Answer {
        id: SessionId,
        sdp: String,
        reply: oneshot::Sender<Result<(), FanoutError>>,
    },
    Accept {
        id: SessionId,
        addresses: MediaAddresses,
        offer: String,
        reply: oneshot::Sender<Result<String, FanoutError>>,
    },
    Candidate {
        id: SessionId,
        candidate: String,
    },
    Send {
        id: SessionId,
        text: String,
    },
    Stop(SessionId),
    Close(SessionId),
    End,
}

/// The thread's handle.
pub(super) struct Negotiator {
    requests: SyncSender<Request>,
    thread: Option<JoinHandle<()>>,
    panics: Arc<AtomicU64>,
}

impl Negotiator {
    pub(super) fn start(options: Options, shards: Vec<ShardHandle>) -> std::io::Result<Self> {
        let (requests, queue) = sync_channel(QUEUE);
        let panics = Arc::new(AtomicU64::new(0));
        let state = State {
            options,
            numberings: Numberings::default(),
            shards,
            placed: HashMap::new(),
            offered: HashMap::new(),
            bound: HashMap::new(),
            panics: Arc::clone(&panics),
        };
        let thread =
            std::thread::Builder::new().name("negotiator".into()).spawn(move || state.run(&queue))?;
        Ok(Self { requests, thread: Some(thread), panics })
    }

    pub(super) fn offer(
        &self,
        id: SessionId,
        addresses: MediaAddresses,
    ) -> oneshot::Receiver<Result<String, FanoutError>> {
        let (reply, answer) = oneshot::channel();
        self.request(Request::Offer { id, addresses, reply });
        answer
    }

    pub(super) fn answer(&self, id: SessionId, sdp: String) -> oneshot::Receiver<Result<(), FanoutError>> {
        let (reply, answer) = oneshot::channel();
        self.request(Request::Answer { id, sdp, reply });
        answer
    }

    pub(super) fn accept(
        &self,
        id: SessionId,
        addresses: MediaAddresses,
        offer: String,
    ) -> oneshot::Receiver<Result<String, FanoutError>> {
        let (reply, answer) = oneshot::channel();
        self.request(Request::Accept { id, addresses, offer, reply });
        answer
    }

    pub(super) fn candidate(&self, id: SessionId, candidate: String) {
        self.request(Request::Candidate { id, candidate });
    }

    pub(super) fn send(&self, id: SessionId, text: String) {
        self.request(Request::Send { id, text });
    }

    pub(super) fn stop(&self, id: SessionId) {
        self.request(Request::Stop(id));
    }

    pub(super) fn close(&self, id: SessionId) {
        self.request(Request::Close(id));
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Panics of the WebRTC stack over descriptions so far.
    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }

    fn request(&self, request: Request) {
        // The thread only ends after `End`, or by a panic; then the reply channel closes, which the caller sees.
        let _ = self.requests.send(request);
    }
}

impl Drop for Negotiator {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct State {
    options: Options,
    numberings: Numberings,
    shards: Vec<ShardHandle>,
    /// The shard of every session that is not closed.
    placed: HashMap<SessionId, usize>,
    /// Sessions of which the answer is awaited.
    offered: HashMap<SessionId, Peer>,
    /// The sockets so far, by shard and local address; bounded by the addresses of this machine.
    bound: HashMap<(usize, IpAddr), SocketAddr>,
    panics: Arc<AtomicU64>,
}

impl State {
    fn run(mut self, queue: &Receiver<Request>) {
        while let Ok(request) = queue.recv() {
            match request {
                // A caller that no longer waits has closed the session, or is about to.
                Request::Offer { id, addresses, reply } => {
                    let _ = reply.send(self.guarded(|state| state.offer(id, &addresses)));
                }
                Request::Answer { id, sdp, reply } => {
                    let _ = reply.send(self.guarded(|state| state.answer(id, &sdp)));
                }
                Request::Accept { id, addresses, offer, reply } => {
                    let _ = reply.send(self.guarded(|state| state.accept(id, &addresses, &offer)));
                }
                Request::Candidate { id, candidate } => {
                    self.forward(id, Command::Candidate { id, candidate });
                }
                Request::Send { id, text } => self.forward(id, Command::Send { id, text }),
                Request::Stop(id) => self.forward(id, Command::Stop(id)),
                Request::Close(id) => {
                    let peer = self.offered.remove(&id);
                    let _ = self.guarded(|_| {
                        drop(peer);
                        Ok(())
                    });
                    self.forward(id, Command::Close(id));
                    if let Some(shard) = self.placed.remove(&id) {
                        self.shards[shard].left();
                    }
                }
                Request::End => return,
            }
        }
    }

    /// Does what takes a peer's description. Its connection is dropped by a panic, and all else is as it was.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, FanoutError>,
    ) -> Result<T, FanoutError> {
        guarded(|| work(self)).unwrap_or_else(|panicked| {
            self.panics.fetch_add(1, Relaxed);
            Err(FanoutError::Panicked(panicked))
        })
    }

    fn offer(&mut self, id: SessionId, addresses: &MediaAddresses) -> Result<String, FanoutError> {
        let shard = self.least_loaded();
        let locals = self.locals(shard, &addresses.local)?;
        let stream = self.numberings.stream(id, self.options.numbering);
        let offered = Peer::offer(id, stream, &locals, &addresses.advertised, self.options, Instant::now());
        let (peer, sdp) = offered.map_err(FanoutError::Setup)?;
        let sdp = reachable(Place::Offer, sdp, addresses)?;
        self.offered.insert(id, peer);
        self.place(id, shard);
        Ok(sdp)
    }

    fn answer(&mut self, id: SessionId, sdp: &str) -> Result<(), FanoutError> {
        let mut peer = self.offered.remove(&id).ok_or(FanoutError::NoOffer)?;
        peer.answer(sdp, Instant::now())?;
        let shard = *self.placed.get(&id).ok_or(FanoutError::NoOffer)?;
        self.shards[shard].send(Command::Adopt(Box::new(peer)))
    }

    fn accept(
        &mut self,
        id: SessionId,
        addresses: &MediaAddresses,
        offer: &str,
    ) -> Result<String, FanoutError> {
        let shard = self.least_loaded();
        let locals = self.locals(shard, &addresses.local)?;
        let stream = self.numberings.stream(id, self.options.numbering);
        let now = Instant::now();
        let (peer, sdp) = Peer::accept(id, stream, &locals, &addresses.advertised, offer, self.options, now)?;
        let sdp = reachable(Place::Answer, sdp, addresses)?;
        self.place(id, shard);
        self.shards[shard].send(Command::Adopt(Box::new(peer)))?;
        Ok(sdp)
    }

    fn place(&mut self, id: SessionId, shard: usize) {
        if self.placed.insert(id, shard).is_none() {
            self.shards[shard].joined();
        }
    }

    fn locals(&mut self, shard: usize, addresses: &[IpAddr]) -> Result<Vec<SocketAddr>, FanoutError> {
        // An address that has just gone, or is not ready yet, is no reason to do without the others.
        let (mut locals, mut refused) = (Vec::new(), None);
        for address in addresses {
            match self.local(shard, *address) {
                Ok(local) => locals.push(local),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if locals.is_empty() => Err(error),
            None if locals.is_empty() => Err(FanoutError::NoAddress),
            _ => Ok(locals),
        }
    }

    fn forward(&self, id: SessionId, command: Command) {
        if let Some(shard) = self.placed.get(&id) {
            // Fails only when the shard is gone, and all its sessions with it.
            let _ = self.shards[*shard].send(command);
        }
    }

    fn least_loaded(&self) -> usize {
        // Of equal ones the first.
        (0..self.shards.len()).min_by_key(|shard| self.shards[*shard].load().max(TOGETHER)).unwrap_or(0)
    }

    fn local(&mut self, shard: usize, address: IpAddr) -> Result<SocketAddr, FanoutError> {
        if let Some(local) = self.bound.get(&(shard, address)) {
            return Ok(*local);
        }
        let ports = self.options.ports;
        let refused = |source| FanoutError::Bind { address, ports, source };
        let socket = binding::bind(address, ports, shard).map_err(refused)?;
        let local = socket.local_addr().map_err(refused)?;
        self.shards[shard].send(Command::Listen(socket))?;
        self.bound.insert((shard, address), local);
        Ok(local)
    }
}

/// Our description with the candidates that a peer can reach.
fn reachable(place: Place, sdp: String, addresses: &MediaAddresses) -> Result<String, FanoutError> {
    match &addresses.advertised[..] {
        [] => Ok(sdp),
        advertised => Ok(advertise(place, &sdp, advertised)?),
    }
}
