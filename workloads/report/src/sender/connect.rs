//! To the first of several addresses that takes a connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How much later each further address is tried (RFC 8305, section 5): one family may lead nowhere.
const STAGGER: Duration = Duration::from_millis(250);

/// Addresses that are tried. A Service has one of each family.
const MAX_ADDRESSES: usize = 4;

/// Connects to whichever of `addresses` is there first. Dropping the future ends all attempts.
///
/// # Errors
/// Where none takes the connection: the last one's cause.
pub(super) async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    for (later, address) in (0..).zip(addresses.iter().copied().take(MAX_ADDRESSES)) {
        attempts.spawn(async move {
            sleep(STAGGER * later).await;
            let connected = TcpStream::connect(address).await;
            connected.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
        });
    }
    let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
    while let Some(ended) = attempts.join_next().await {
        match ended.map_err(io::Error::other).flatten() {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// A port that refuses connections for as long as the socket lives.
    fn dead_port() -> (TcpSocket, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[tokio::test]
    async fn the_second_address_is_tried_where_the_first_one_leads_nowhere() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let alive = listener.local_addr().unwrap();
        let (_socket, dead) = dead_port();
        assert_eq!(connect(&[dead, alive]).await.unwrap().peer_addr().unwrap(), alive);

        // One that does not answer: its queue of connections is full.
        let silent = TcpSocket::new_v4().unwrap();
        silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let silent = silent.listen(1).unwrap();
        let full = silent.local_addr().unwrap();
        let connections = std::iter::repeat_with(|| TcpStream::connect(full)).take(8);
        let mut held = Vec::new();
        for connection in connections {
            held.push(tokio::time::timeout(Duration::from_millis(50), connection).await);
        }
        assert!(held.last().is_some_and(Result::is_err), "it still answers");
        assert_eq!(connect(&[full, alive]).await.unwrap().peer_addr().unwrap(), alive);
    }

    #[tokio::test]
    async fn where_none_takes_it_one_is_named_with_its_cause() {
        let (_socket, dead) = dead_port();
        let error = connect(&[dead]).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{dead}: Connection refused (os error 111)"));
        connect(&[]).await.unwrap_err();
    }
}
