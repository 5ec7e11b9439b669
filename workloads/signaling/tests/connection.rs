//! A connection against a raw socket on loopback, which does what no well-behaved peer does.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

use std::{io, time::Duration};

use ballsession_signaling::{
    BYE_LIMIT, Connection, ConnectionError, Listener, MAX_LINE_BYTES, Message, WRITE_LIMIT, dial,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const BYE: &str = "{\"type\":\"bye\"}\n";

async fn listener() -> Listener {
    let limit = 4.try_into().unwrap();
    Listener::bind("127.0.0.1:0".parse().unwrap(), limit).await.unwrap()
}

/// A connection, and the raw socket at its other end.
async fn connection_and_peer() -> (Connection, TcpStream) {
    let mut listener = listener().await;
    let peer = TcpStream::connect(listener.local_addr()).await.unwrap();
    (listener.accept().await, peer)
}

fn offer(sdp: &str) -> Message {
    Message::Offer { sdp: sdp.to_owned() }
}

async fn read_to_end(mut peer: TcpStream) -> String {
    let mut text = String::new();
    peer.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_session_is_offered_answered_and_ended() {
    let mut listener = listener().await;
    let endpoint = listener.local_addr().to_string().parse().unwrap();
    let offerer = async {
        let mut connection = listener.accept().await;
        connection.send(&offer("v=0\r\n")).await.unwrap();
        let answer = connection.receive().await.unwrap();
        assert_eq!(answer, Some(Message::Answer { sdp: "v=0\r\na=x\r\n".to_owned() }));
        assert_eq!(connection.receive().await.unwrap(), Some(Message::Bye));
        connection.bye().await;
    };
    let answerer = async {
        let mut connection = dial(&endpoint).await.unwrap();
        assert_eq!(connection.peer_addr().to_string(), endpoint.to_string());
        assert_eq!(connection.receive().await.unwrap(), Some(offer("v=0\r\n")));
        connection.send(&Message::Answer { sdp: "v=0\r\na=x\r\n".to_owned() }).await.unwrap();
        connection.send(&Message::Bye).await.unwrap();
        assert_eq!(connection.receive().await.unwrap(), Some(Message::Bye));
        assert_eq!(connection.receive().await.unwrap(), None);
        assert_eq!(connection.receive().await.unwrap(), None);
    };
    tokio::join!(offerer, answerer);
}

#[tokio::test]
async fn a_line_may_come_byte_by_byte_and_lines_may_come_together() {
    let (mut connection, mut peer) = connection_and_peer().await;
    let write = async {
        peer.set_nodelay(true).unwrap();
        for byte in br#"{"sdp": "v=0", "type": "offer"}"# {
            peer.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        peer.write_all(b"\n\n{\"type\": \"bye\"}\n{\"type\": \"bye\"}\n").await.unwrap();
    };
    let read = async {
        assert_eq!(connection.receive().await.unwrap(), Some(offer("v=0")));
        assert_eq!(connection.receive().await.unwrap(), Some(Message::Bye));
        assert_eq!(connection.receive().await.unwrap(), Some(Message::Bye));
    };
    tokio::join!(write, read);
}

#[tokio::test]
async fn a_receive_that_is_dropped_loses_nothing() {
    let (mut connection, mut peer) = connection_and_peer().await;
    let write = async {
        for byte in br#"{"sdp": "v=0", "type": "offer"}"# {
            peer.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        peer.write_all(b"\n").await.unwrap();
    };
    let read = async {
        loop {
            tokio::select! {
                biased;
                message = connection.receive() => break message.unwrap(),
                () = tokio::task::yield_now() => {}
            }
        }
    };
    let ((), message) = tokio::join!(write, read);
    assert_eq!(message, Some(offer("v=0")));
}

#[tokio::test]
async fn a_line_beyond_the_limit_is_refused_before_it_ends() {
    let (mut connection, mut peer) = connection_and_peer().await;
    let write = async { peer.write_all(&[b'x'; 70_000]).await.unwrap() };
    let ((), refused) = tokio::join!(write, connection.receive());
    let error = refused.unwrap_err().to_string();
    let (address, excerpt) = (connection.peer_addr(), "x".repeat(64));
    assert_eq!(
        error,
        format!("signalling with {address}: a line is longer than {MAX_LINE_BYTES} bytes: `{excerpt}...`")
    );
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_not_sent() {
    let (mut connection, peer) = connection_and_peer().await;
    let refused = connection.send(&offer(&"x".repeat(MAX_LINE_BYTES))).await;
    assert!(matches!(refused, Err(ConnectionError::Codec { .. })), "{refused:?}");
    drop(connection);
    assert_eq!(read_to_end(peer).await, BYE);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    let (mut connection, _peer) = connection_and_peer().await;
    let error = connection.receive_within(Duration::from_secs(15)).await.unwrap_err().to_string();
    assert_eq!(error, format!("{} sent no message within 15s", connection.peer_addr()));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_given_up() {
    let (mut connection, _peer) = connection_and_peer().await;
    let large = offer(&"x".repeat(60_000));
    let error = loop {
        if let Err(error) = connection.send(&large).await {
            break error;
        }
    };
    assert!(matches!(error, ConnectionError::Stuck { limit: WRITE_LIMIT, .. }), "{error}");
}

#[tokio::test]
async fn a_send_that_is_dropped_leaves_no_broken_line() {
    let (mut connection, mut peer) = connection_and_peer().await;
    let large = offer(&"x".repeat(60_000));
    loop {
        tokio::select! {
            biased;
            sent = connection.send(&large) => sent.unwrap(),
            () = tokio::task::yield_now() => break,
        }
    }
    let say_bye = async {
        connection.send(&Message::Bye).await.unwrap();
        drop(connection);
    };
    let mut text = String::new();
    let (read, ()) = tokio::join!(peer.read_to_string(&mut text), say_bye);
    read.unwrap();
    let messages: Vec<_> = text.lines().map(|line| Message::parse(line).unwrap()).collect();
    let (last, offers) = messages.split_last().unwrap();
    assert_eq!(*last, Message::Bye);
    assert!(offers.iter().all(|message| *message == large));
}

#[tokio::test]
async fn a_peer_that_is_killed_ends_the_stream() {
    let (mut connection, peer) = connection_and_peer().await;
    drop(peer);
    assert_eq!(connection.receive().await.unwrap(), None);

    let (mut connection, mut peer) = connection_and_peer().await;
    peer.write_all(b"{\"type\": ").await.unwrap();
    drop(peer);
    let error = connection.receive().await.unwrap_err().to_string();
    assert!(error.ends_with(r#"the stream ends after 9 bytes of a line: `{"type": `"#), "{error}");
}

#[tokio::test]
async fn bye_is_said_once_however_a_connection_ends() {
    let (connection, peer) = connection_and_peer().await;
    let (heard, ()) = tokio::join!(read_to_end(peer), connection.bye());
    assert_eq!(heard, BYE, "by bye");

    let (connection, peer) = connection_and_peer().await;
    drop(connection);
    assert_eq!(read_to_end(peer).await, BYE, "by a drop");

    let (mut connection, peer) = connection_and_peer().await;
    connection.send(&Message::Bye).await.unwrap();
    drop(connection);
    assert_eq!(read_to_end(peer).await, BYE, "by a drop behind a bye");

    let (mut connection, peer) = connection_and_peer().await;
    connection.send(&Message::Bye).await.unwrap();
    let (heard, ()) = tokio::join!(read_to_end(peer), connection.bye());
    assert_eq!(heard, BYE, "by bye behind a bye");
}

#[test]
fn bye_is_said_when_the_runtime_ends_under_a_connection() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (connection, peer) = runtime.block_on(connection_and_peer());
    let mut peer = peer.into_std().unwrap();
    drop(runtime);
    drop(connection);
    peer.set_nonblocking(false).unwrap();
    assert_eq!(io::read_to_string(&mut peer).unwrap(), BYE);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_closes_does_not_hold_a_farewell() {
    let (connection, peer) = connection_and_peer().await;
    let begun = tokio::time::Instant::now();
    connection.bye().await;
    assert_eq!(begun.elapsed().as_secs(), BYE_LIMIT.as_secs());
    assert_eq!(read_to_end(peer).await, BYE);
}
