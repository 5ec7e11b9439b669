//! A proxy between client and server that waits for the client's first byte, as those of service meshes do (P16).

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use ballsession_tests::{Client, Server, WAIT_LIMIT, assert_perfect};

/// Forwards one connection to `server`, which it makes once the client's first bytes are there; those are its result.
fn patient_proxy(server: SocketAddr) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.set_read_timeout(Some(WAIT_LIMIT)).unwrap();
        let mut first = vec![0; 4096];
        let length = client.read(&mut first).expect("the client speaks first");
        first.truncate(length);
        client.set_read_timeout(None).unwrap();
        let mut server = TcpStream::connect(server).unwrap();
        server.write_all(&first).unwrap();
        let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let back = std::thread::spawn(move || forward(&mut from_server, &mut to_client));
        forward(&mut client, &mut server);
        back.join().unwrap();
        first
    });
    (address, proxy)
}

/// Until one side is gone.
fn forward(from: &mut TcpStream, to: &mut TcpStream) {
    let _ = std::io::copy(from, to);
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// P16: it was NoOffer for ever.
#[test]
fn a_proxy_that_waits_for_the_client_to_speak_is_opened() {
    let server = Server::start(&[]);
    let (address, proxy) = patient_proxy(server.signaling());
    let client = Client::start("behind", address, &["--duration", "1s", "--give-up-after", "10s"]).finish();
    assert_eq!(client.exited.code, Some(0), "{:?}", client.exited);
    assert_eq!(proxy.join().unwrap(), b" ");
    let summary = server.stop().summary;
    assert_perfect(&summary.frames);
    assert_eq!(summary.errors, []);
}
