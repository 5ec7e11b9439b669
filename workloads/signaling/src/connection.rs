//! One signalling connection, dialled or accepted.

use std::{io, net::SocketAddr, time::Duration};

use address::canonical;
use bytes::BytesMut;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::timeout,
};

use crate::{
    codec::{CodecError, Decoder, encode},
    message::Message,
};

/// How long a message may take to reach the kernel. A description is a few kilobytes, which a peer's window takes at
/// once unless that peer has stopped reading.
pub const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// How long [`Connection::bye`] takes at most.
pub const BYE_LIMIT: Duration = Duration::from_secs(1);

/// What whoever dials sends at once: white space before its answer's JSON, which any peer takes. Proxies that wait for the
/// first byte of the side that connects, to see what it speaks, open the way to the server with it, whose offer would
/// otherwise never come. No newline: an aiortc peer takes an empty line for a message, and ends.
const FIRST_BYTE: &[u8] = b" ";

/// A signalling connection. It lives as long as its session, and `bye` goes out before it closes.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    local_addr: SocketAddr,
    peer_addr: SocketAddr,
    decoder: Decoder,
    /// What the kernel has not taken yet; more than one message only after a cancelled [`Connection::send`].
    outgoing: BytesMut,
    /// `bye` went into `outgoing`.
    bye_queued: bool,
    /// A listener's room for one connection, given back behind the stream's close: fields drop in their order.
    _permit: Option<OwnedSemaphorePermit>,
}

/// Why a connection is of no more use. After any of these a session can only end.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The connection broke.
    #[error("signalling with {peer} broke: {cause}")]
    Broken {
        /// The other end.
        peer: SocketAddr,
        /// The operating system's error.
        cause: io::Error,
    },
    /// The peer sent what is no message, or was to be sent what is too long for one.
    #[error("signalling with {peer}: {cause}")]
    Codec {
        /// The other end.
        peer: SocketAddr,
        /// What is wrong with the line.
        cause: CodecError,
    },
    /// No message came from the peer.
    #[error("{peer} sent no message within {limit:?}")]
    Silent {
        /// The other end.
        peer: SocketAddr,
        /// How long it had.
        limit: Duration,
    },
    /// The peer takes no bytes.
    #[error("{peer} did not take a message within {limit:?}")]
    Stuck {
        /// The other end.
        peer: SocketAddr,
        /// How long it had.
        limit: Duration,
    },
}

impl Connection {
    /// Takes over `stream`, whose other end is `peer`.
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr) -> io::Result<Self> {
        if let Err(error) = tune(&stream) {
            tracing::debug!(%peer, %error, "signalling goes on without TCP_NODELAY or keepalive");
        }
        Ok(Self {
            local_addr: canonical(stream.local_addr()?),
            peer_addr: canonical(peer),
            stream: BufReader::new(stream),
            decoder: Decoder::new(),
            outgoing: BytesMut::new(),
            bye_queued: false,
            _permit: None,
        })
    }

    /// Takes over `stream`, which was dialled, and sends [`FIRST_BYTE`].
    pub(crate) async fn dialled(stream: TcpStream, peer: SocketAddr) -> io::Result<Self> {
        let mut connection = Self::new(stream, peer)?;
        connection.outgoing.extend_from_slice(FIRST_BYTE);
        connection.flush().await?;
        Ok(connection)
    }

    /// Keeps `permit` until the connection is closed.
    pub(crate) fn holding(mut self, permit: OwnedSemaphorePermit) -> Self {
        self._permit = Some(permit);
        self
    }

    /// This end. An IPv4 connection has an IPv4 address here, also where a dual-stack listener accepted it.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The other end, of the same family as [`Connection::local_addr`].
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer_addr
    }

    /// Sends `message` within [`WRITE_LIMIT`]. Where the future is dropped before, the message goes out later or not
    /// at all, but never in part: what was begun goes ahead of the next one.
    ///
    /// # Errors
    /// Where the connection is broken, the peer takes no bytes, or the message is too long for a line.
    pub async fn send(&mut self, message: &Message) -> Result<(), ConnectionError> {
        let peer = self.peer_addr;
        let line = encode(message).map_err(|cause| ConnectionError::Codec { peer, cause })?;
        let write = async {
            self.flush().await?;
            self.outgoing.extend_from_slice(&line);
            self.bye_queued |= matches!(message, Message::Bye | Message::Refused { .. });
            self.flush().await
        };
        match timeout(WRITE_LIMIT, write).await {
            Ok(written) => written.map_err(|cause| ConnectionError::Broken { peer, cause }),
            Err(_) => Err(ConnectionError::Stuck { peer, limit: WRITE_LIMIT }),
        }
    }

    /// The next message, or `None` once the peer has closed its side, which a peer that was killed does without `bye`.
    ///
    /// Dropping the future loses nothing, so that it can be one branch of a `select!`.
    ///
    /// # Errors
    /// Where the connection is broken or the peer sent a line that is no message.
    pub async fn receive(&mut self) -> Result<Option<Message>, ConnectionError> {
        let peer = self.peer_addr;
        let codec = |cause| ConnectionError::Codec { peer, cause };
        loop {
            let filled = self.stream.fill_buf().await;
            let available = filled.map_err(|cause| ConnectionError::Broken { peer, cause })?;
            if available.is_empty() {
                return self.decoder.finish().map(|()| None).map_err(codec);
            }
            let mut rest = available;
            let decoded = self.decoder.decode(&mut rest);
            let used = available.len() - rest.len();
            self.stream.consume(used);
            if let Some(message) = decoded.map_err(codec)? {
                return Ok(Some(message));
            }
        }
    }

    /// [`Connection::receive`] for `limit` at most.
    ///
    /// # Errors
    /// Those of [`Connection::receive`], and where no message came in time.
    pub async fn receive_within(&mut self, limit: Duration) -> Result<Option<Message>, ConnectionError> {
        let peer = self.peer_addr;
        timeout(limit, self.receive()).await.unwrap_or(Err(ConnectionError::Silent { peer, limit }))
    }

    /// Sends `bye` unless that was sent before, and closes, within [`BYE_LIMIT`]. A peer that is gone or does not read
    /// is no error here: nothing is left to be done about it.
    pub async fn bye(mut self) {
        let peer = self.peer_addr;
        match timeout(BYE_LIMIT, self.bye_and_close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%peer, %error, "signalling ended before its bye"),
            Err(_) => tracing::debug!(%peer, limit = ?BYE_LIMIT, "the peer keeps its signalling open"),
        }
    }

    async fn bye_and_close(&mut self) -> io::Result<()> {
        self.queue_bye();
        self.flush().await?;
        self.stream.shutdown().await?;
        // A close with unread bytes resets the connection, which takes back a bye still on its way: so read to the end.
        loop {
            let unread = self.stream.fill_buf().await?.len();
            if unread == 0 {
                return Ok(());
            }
            self.stream.consume(unread);
        }
    }

    fn queue_bye(&mut self) {
        if !self.bye_queued {
            self.bye_queued = true;
            self.outgoing
                .extend_from_slice(&encode(&Message::Bye).expect("the shortest message fits in a line"));
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            // Takes off `outgoing` what it writes, also where the future is dropped between two writes.
            if self.stream.write_buf(&mut self.outgoing).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }
}

impl Drop for Connection {
    /// The way out of a session that failed or was cancelled: an end of file alone would leave an aiortc peer spinning.
    /// Nothing can be awaited here, so it is one attempt, which only a peer that does not read makes fail. It goes
    /// straight to the socket, as tokio knows of a fresh one that it is writable only after it has polled it once.
    fn drop(&mut self) {
        self.queue_bye();
        if !self.outgoing.is_empty() {
            // Not waited for: a tokio socket is non-blocking.
            let _ = SockRef::from(self.stream.get_ref()).send(&self.outgoing);
        }
    }
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    // Each message is awaited by the other side before it goes on.
    stream.set_nodelay(true)?;
    // A session may be silent for hours; a peer whose machine went away is noticed within a minute.
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
