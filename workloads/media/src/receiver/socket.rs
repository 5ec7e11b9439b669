//! The UDP sockets of a peer connection, with the handshake's repetitions between the connection and the network.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use crate::handshake::{Action, Datagram, Handshake};

/// The handshake of a connection, over all of its sockets: a pair may be selected on another one than early DTLS came to.
#[derive(Debug)]
pub(super) struct SharedHandshake {
    is_over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    handshake: Handshake,
    sockets: Vec<Socket>,
    timer: Option<Timer>,
}

#[derive(Debug)]
struct Socket {
    local: SocketAddr,
    inner: Arc<dyn AsyncUdpSocket>,
    /// To be received again.
    again: VecDeque<Datagram>,
    /// Of the task, while it waits for something to receive here.
    reader: Option<Waker>,
}

#[derive(Debug)]
struct Timer {
    deadline: Instant,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

/// Once the handshake is over it is the socket below and no more.
///
/// All sockets and both directions are driven by one task of the connection. It always waits for something to receive, so
/// that is where timers run.
#[derive(Debug)]
pub(super) struct HandshakeSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    local: SocketAddr,
    shared: Arc<SharedHandshake>,
}

impl SharedHandshake {
    /// Nothing has gone or come yet, and there is no socket.
    pub(super) fn new() -> Self {
        let state = State { handshake: Handshake::new(), sockets: Vec::new(), timer: None };
        Self { is_over: AtomicBool::new(false), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic ends the session, and what is half done here harms no other.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Does what is due, and sets the timer for what is next.
    fn repeat(&mut self, cx: &mut Context<'_>) {
        let now = Instant::now();
        while let Some(action) = self.handshake.poll(now) {
            match action {
                Action::Send(datagram) => self.send_again(&datagram),
                Action::Receive(datagram) => self.receive_again(datagram),
            }
        }
        let Some(deadline) = self.handshake.deadline() else {
            self.timer = None;
            return;
        };
        let mut timer = self.timer.take().filter(|timer| timer.deadline == deadline).unwrap_or_else(|| {
            Timer { deadline, sleep: Box::pin(tokio::time::sleep_until(deadline.into())) }
        });
        if timer.sleep.as_mut().poll(cx).is_ready() {
            // It has just come: next time, and that is now.
            cx.waker().wake_by_ref();
        } else {
            self.timer = Some(timer);
        }
    }

    fn socket(&mut self, local: SocketAddr) -> Option<&mut Socket> {
        self.sockets.iter_mut().find(|socket| socket.local == local)
    }

    /// Where the system has no room for it, it is lost like others, and repeated.
    fn send_again(&mut self, datagram: &Datagram) {
        let Some(socket) = self.socket(datagram.local) else { return };
        let transmit = Transmit {
            destination: datagram.peer,
            ecn: None,
            contents: &datagram.data,
            segment_size: None,
            src_ip: None,
        };
        // The task that would wait to send is the one that runs this.
        let _ = socket.inner.poll_send(&mut Context::from_waker(Waker::noop()), &transmit);
    }

    fn receive_again(&mut self, datagram: Datagram) {
        let Some(socket) = self.socket(datagram.local) else { return };
        socket.again.push_back(datagram);
        if let Some(reader) = socket.reader.take() {
            reader.wake();
        }
    }

    fn is_over(&self) -> bool {
        self.handshake.is_over() && self.sockets.iter().all(|socket| socket.again.is_empty())
    }
}

impl HandshakeSocket {
    /// One more socket of a connection.
    pub(super) fn new(inner: Arc<dyn AsyncUdpSocket>, shared: Arc<SharedHandshake>) -> io::Result<Self> {
        let local = inner.local_addr()?;
        let socket = Socket { local, inner: Arc::clone(&inner), again: VecDeque::new(), reader: None };
        shared.state().sockets.push(socket);
        Ok(Self { inner, local, shared })
    }

    fn note_received(&self, state: &mut State, bufs: &[IoSliceMut<'_>], meta: &[RecvMeta]) {
        let now = Instant::now();
        for (buffer, meta) in bufs.iter().zip(meta) {
            // One message may hold several datagrams.
            let data = buffer.get(..meta.len).unwrap_or_default();
            for datagram in data.chunks(meta.stride.max(1)) {
                state.handshake.received(self.local, meta.addr, datagram, now);
            }
        }
    }
}

impl AsyncUdpSocket for HandshakeSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let sent = self.inner.poll_send(cx, transmit);
        if !self.shared.is_over.load(Relaxed) && matches!(sent, Poll::Ready(Ok(_))) {
            let (mut state, now) = (self.shared.state(), Instant::now());
            let length = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
            for datagram in transmit.contents.chunks(length) {
                state.handshake.sent(self.local, transmit.destination, datagram, now);
            }
            // The time of what is due next has changed.
            if let Some(reader) = state.socket(self.local).and_then(|socket| socket.reader.take()) {
                reader.wake();
            }
        }
        sent
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        if self.shared.is_over.load(Relaxed) {
            return self.inner.poll_recv(cx, bufs, meta);
        }
        let mut state = self.shared.state();
        state.repeat(cx);
        if let Some(datagram) = state.socket(self.local).and_then(|socket| socket.again.pop_front())
            && fill(&datagram, bufs, meta)
        {
            return Poll::Ready(Ok(1));
        }
        let received = self.inner.poll_recv(cx, bufs, meta);
        match &received {
            Poll::Ready(Ok(count)) => {
                self.note_received(&mut state, bufs, meta.get(..*count).unwrap_or_default());
            }
            _ => {
                if let Some(socket) = state.socket(self.local) {
                    socket.reader = Some(cx.waker().clone());
                }
            }
        }
        if state.is_over() {
            state.sockets.clear();
            self.shared.is_over.store(true, Relaxed);
        }
        received
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}

/// False where there is no room for it.
fn fill(datagram: &Datagram, bufs: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> bool {
    let length = datagram.data.len();
    let (Some(meta), Some(buffer)) = (meta.first_mut(), bufs.first_mut()) else { return false };
    let Some(buffer) = buffer.get_mut(..length) else { return false };
    buffer.copy_from_slice(&datagram.data);
    *meta = RecvMeta::default();
    (meta.addr, meta.len, meta.stride) = (datagram.peer, length, length);
    true
}
