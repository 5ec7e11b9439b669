//! Dialling what is not there, or not yet.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use backoff::{Backoff, Jitter};
use ballsession_signaling::{DialError, Endpoint, dial, dial_until};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket},
};

/// A port that refuses connections until the socket listens, and that nobody else can be given.
fn dead_port() -> (TcpSocket, SocketAddr, Endpoint) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address, address.to_string().parse().unwrap())
}

fn quick() -> Backoff {
    Backoff::new(Duration::from_millis(1), Duration::from_millis(5), Jitter::Half).unwrap()
}

#[tokio::test]
async fn a_dead_port_is_named_with_its_cause() {
    let (_socket, address, endpoint) = dead_port();
    let error = dial(&endpoint).await.unwrap_err();
    assert!(matches!(&error, DialError::ConnectFailed { attempts, .. } if attempts.len() == 1), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("cannot connect to {address}: {address}: Connection refused (os error 111)")
    );
}

/// P16: a proxy that waits for the client's first byte, as those of service meshes do, never connected to the server.
#[tokio::test]
async fn the_first_byte_is_there_before_anything_is_asked_and_is_no_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    let connection = dial(&endpoint).await.unwrap();
    let (mut peer, _) = listener.accept().await.unwrap();
    let mut first = [0; 16];
    let length = tokio::time::timeout(Duration::from_secs(10), peer.read(&mut first)).await.unwrap().unwrap();
    assert_eq!(&first[..length], b" ");
    drop(connection);
    let mut rest = String::new();
    peer.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "{\"type\":\"bye\"}\n");
}

#[tokio::test]
async fn a_name_without_an_address_is_another_error() {
    let endpoint = "does-not-exist.invalid:1".parse().unwrap();
    let error = dial(&endpoint).await.unwrap_err();
    assert!(matches!(error, DialError::ResolveFailed { .. }), "{error:?}");
    let beginning = "cannot resolve does-not-exist.invalid to connect to does-not-exist.invalid:1: ";
    assert!(error.to_string().starts_with(beginning), "{error}");
}

#[tokio::test]
async fn dialling_goes_on_until_there_is_a_listener() {
    let (socket, address, endpoint) = dead_port();
    let mut socket = Some(socket);
    let mut listener = None;
    let mut failures = 0;
    let connection = dial_until(&endpoint, None, &mut quick(), None, |error, _| {
        assert!(matches!(error, DialError::ConnectFailed { .. }), "{error}");
        failures += 1;
        if failures == 3 {
            listener = socket.take().map(|socket| socket.listen(1).unwrap());
        }
    })
    .await
    .unwrap();
    assert_eq!(connection.peer_addr(), address);
    assert_eq!(failures, 3);
    assert!(listener.is_some());
}

#[tokio::test]
async fn dialling_ends_at_its_deadline_with_the_last_cause() {
    let (_socket, _, endpoint) = dead_port();
    let mut failures = 0;
    let deadline = Instant::now() + Duration::from_millis(100);
    let outcome = dial_until(&endpoint, None, &mut quick(), Some(deadline), |_, _| failures += 1).await;
    assert!(matches!(outcome, Err(DialError::ConnectFailed { .. })), "{outcome:?}");
    assert!(failures > 0);

    // Too late for a second attempt: the first one's failure is final.
    let outcome =
        dial_until(&endpoint, None, &mut quick(), Some(Instant::now()), |_, _| panic!("a retry")).await;
    assert!(matches!(outcome, Err(DialError::ConnectFailed { .. })), "{outcome:?}");
}
