//! A listener among health checks, crowds and ports that are taken.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

use std::{net::SocketAddr, time::Duration};

use ballsession_signaling::{Connection, Listener, Message, dial};
use tokio::{net::TcpStream, time::sleep};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn listener(limit: u16) -> Listener {
    Listener::bind(loopback(), limit.try_into().unwrap()).await.unwrap()
}

/// What a server does with a connection, as far as signalling goes.
async fn offer_and_wait_for_the_end(mut connection: Connection) {
    if connection.send(&Message::Offer { sdp: "v=0".to_owned() }).await.is_ok() {
        while let Ok(Some(_)) = connection.receive().await {}
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let first = listener(1).await;
    assert_ne!(first.local_addr().port(), 0);
    let error = Listener::bind(first.local_addr(), 1.try_into().unwrap()).await.unwrap_err();
    let address = first.local_addr();
    assert_eq!(
        error.to_string(),
        format!("cannot listen for signalling on {address}: Address already in use (os error 98)")
    );
}

#[tokio::test]
async fn a_client_is_served_among_probes_that_connect_and_close() {
    let mut listener = listener(4).await;
    let address = listener.local_addr();
    tokio::spawn(async move {
        loop {
            tokio::spawn(offer_and_wait_for_the_end(listener.accept().await));
        }
    });
    for _ in 0..300 {
        drop(TcpStream::connect(address).await.unwrap());
    }
    let mut client = dial(&address.to_string().parse().unwrap()).await.unwrap();
    assert_eq!(client.receive().await.unwrap(), Some(Message::Offer { sdp: "v=0".to_owned() }));
}

#[tokio::test(start_paused = true)]
async fn one_connection_too_many_waits_until_another_one_ends() {
    let mut listener = listener(2).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(TcpStream::connect(listener.local_addr()).await.unwrap());
    }
    let first = listener.accept().await;
    let second = listener.accept().await;
    tokio::select! {
        third = listener.accept() => panic!("{third:?} came in without room"),
        () = sleep(Duration::from_secs(60)) => {}
    }
    drop(first);
    let third = listener.accept().await;
    assert_eq!(second.peer_addr(), clients[1].local_addr().unwrap());
    assert_eq!(third.peer_addr(), clients[2].local_addr().unwrap());
}
