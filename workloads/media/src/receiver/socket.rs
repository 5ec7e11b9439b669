//! A UDP socket of the peer connection, with the handshake's repetitions between the connection and the network.

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

/// Once the handshake is over it is the socket below and no more.
///
/// Both directions are driven by one task of the connection. It always waits for something to receive, so that is where
/// timers run.
#[derive(Debug)]
pub(super) struct HandshakeSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    local: SocketAddr,
    is_over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    handshake: Handshake,
    /// To be received again.
    again: VecDeque<Datagram>,
    timer: Option<Timer>,
    /// Of the task, while it waits for something to receive.
    reader: Option<Waker>,
}

#[derive(Debug)]
struct Timer {
    deadline: Instant,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

impl HandshakeSocket {
    /// Begins a handshake on a socket.
    pub(super) fn new(inner: Arc<dyn AsyncUdpSocket>) -> io::Result<Self> {
        let local = inner.local_addr()?;
        let state = State { handshake: Handshake::new(), again: VecDeque::new(), timer: None, reader: None };
        Ok(Self { inner, local, is_over: AtomicBool::new(false), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic ends the session, and what is half done here harms no other.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what is due, and sets the timer for what is next.
    fn repeat(&self, state: &mut State, cx: &mut Context<'_>) {
        let now = Instant::now();
        while let Some(action) = state.handshake.poll(now) {
            match action {
                Action::Send(datagram) => self.send_again(&datagram),
                Action::Receive(datagram) => state.again.push_back(datagram),
            }
        }
        let Some(deadline) = state.handshake.deadline() else {
            state.timer = None;
            return;
        };
        let mut timer = state.timer.take().filter(|timer| timer.deadline == deadline).unwrap_or_else(|| {
            Timer { deadline, sleep: Box::pin(tokio::time::sleep_until(deadline.into())) }
        });
        if timer.sleep.as_mut().poll(cx).is_ready() {
            // It has just come: next time, and that is now.
            cx.waker().wake_by_ref();
        } else {
            state.timer = Some(timer);
        }
    }

    /// Where the system has no room for it, it is lost like others, and repeated.
    fn send_again(&self, datagram: &Datagram) {
        let transmit = Transmit {
            destination: datagram.peer,
            ecn: None,
            contents: &datagram.data,
            segment_size: None,
            src_ip: None,
        };
        // The task that would wait to send is the one that runs this.
        let _ = self.inner.poll_send(&mut Context::from_waker(Waker::noop()), &transmit);
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
        if !self.is_over.load(Relaxed) && matches!(sent, Poll::Ready(Ok(_))) {
            let (mut state, now) = (self.state(), Instant::now());
            let length = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
            for datagram in transmit.contents.chunks(length) {
                state.handshake.sent(self.local, transmit.destination, datagram, now);
            }
            // The time of what is due next has changed.
            if let Some(reader) = state.reader.take() {
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
        if self.is_over.load(Relaxed) {
            return self.inner.poll_recv(cx, bufs, meta);
        }
        let mut state = self.state();
        self.repeat(&mut state, cx);
        if let Some(datagram) = state.again.pop_front()
            && receive_again(&datagram, bufs, meta)
        {
            return Poll::Ready(Ok(1));
        }
        let received = self.inner.poll_recv(cx, bufs, meta);
        match &received {
            Poll::Ready(Ok(count)) => {
                self.note_received(&mut state, bufs, meta.get(..*count).unwrap_or_default());
            }
            _ => state.reader = Some(cx.waker().clone()),
        }
        if state.handshake.is_over() && state.again.is_empty() {
            self.is_over.store(true, Relaxed);
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
fn receive_again(datagram: &Datagram, bufs: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> bool {
    let length = datagram.data.len();
    let (Some(meta), Some(buffer)) = (meta.first_mut(), bufs.first_mut()) else { return false };
    let Some(buffer) = buffer.get_mut(..length) else { return false };
    buffer.copy_from_slice(&datagram.data);
    *meta = RecvMeta::default();
    (meta.addr, meta.len, meta.stride) = (datagram.peer, length, length);
    true
}
