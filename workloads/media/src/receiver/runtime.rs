//! Tokio, with a guard around what a peer connection runs on it, and sockets that carry the handshake through losses.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime, TokioRuntime,
};

use super::checked_socket::{CheckedSocket, Checks};
use super::socket::{HandshakeSocket, SharedHandshake};
use crate::guard::{Panicked, guarded_future};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The connection's driver is a task that nobody awaits: where it panics, everything that waits for the connection
/// would wait for ever. One runtime is for one connection.
#[derive(Debug)]
pub(super) struct GuardedRuntime {
    panics: mpsc::Sender<Panicked>,
    checks: Arc<Checks>,
    handshake: Arc<SharedHandshake>,
}

impl GuardedRuntime {
    /// The runtime, with `checks` of its one connection, and the first panic on it.
    pub(super) fn new(checks: Arc<Checks>) -> (Self, mpsc::Receiver<Panicked>) {
        let (panics, receiver) = mpsc::channel(1);
        (Self { panics, checks, handshake: Arc::new(SharedHandshake::new()) }, receiver)
    }
}

impl Runtime for GuardedRuntime {
    fn spawn(&self, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        let panics = self.panics.clone();
        TokioRuntime.spawn(Box::pin(async move {
            if let Err(panicked) = guarded_future(future).await {
                // Full: the first one ends the session.
                let _ = panics.try_send(panicked);
            }
        }))
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let socket = TokioRuntime.wrap_udp_socket(socket)?;
        let socket = Arc::new(CheckedSocket::new(socket, Arc::clone(&self.checks))?);
        Ok(Arc::new(HandshakeSocket::new(socket, Arc::clone(&self.handshake))?))
    }

    fn wrap_tcp_listener(&self, listener: TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(&'a self, remote: SocketAddr) -> Boxed<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        TokioRuntime.connect_tcp(remote)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        TokioRuntime.resolve_host(host)
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn yield_now(&self) -> Boxed<'static, ()> {
        TokioRuntime.yield_now()
    }

    fn name(&self) -> &'static str {
        TokioRuntime.name()
    }
}
