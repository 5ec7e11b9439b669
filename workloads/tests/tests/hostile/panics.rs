//! Peers that send what the WebRTC stack panics over (P2): each loses its own session, and nobody else anything.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use ballsession_tests::{Client, Server, assert_perfect};
use report::channel::LABEL;
use report::{ErrorCode, State};

use crate::raw_peer::{RawPeer, counted};
use ballsession_tests::by_hand::ByHand;

/// Chunks of types ABORT and ERROR with a cause that claims to be far longer than they are.
const DAMAGED: [[u8; 8]; 2] = [[6, 0, 0, 8, 0, 12, 0xff, 0xff], [9, 0, 0, 8, 0, 12, 0xff, 0xff]];

/// Far from where numbers wrap.
const FIRST_TSN: u32 = 1000;

/// A peer of the server with a channel, known by `id`.
pub(crate) fn connected(server: &Server, id: &str, first_tsn: u32) -> (RawPeer, ByHand) {
    let (mut raw_peer, mut peer) = (RawPeer::dial(server), ByHand::new(first_tsn));
    let answer = peer.answer(&raw_peer.offer);
    raw_peer.answer(&answer);
    peer.connect();
    peer.open_channel(LABEL);
    peer.say(&format!(r#"{{"hello":1,"id":"{id}"}}"#));
    peer.run_until_acknowledged();
    server.row(id, "is connected", |row| (row.state == State::Connected).then_some(()));
    (raw_peer, peer)
}

#[test]
fn a_damaged_chunk_ends_the_session_of_its_sender_alone() {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);

    for (count, (chunk, id)) in (1..).zip(DAMAGED.iter().zip(["aborts", "errs"])) {
        let (raw_peer, mut peer) = connected(&server, id, FIRST_TSN);
        peer.send_chunk(chunk);
        server.row(id, "has failed", |row| (row.state == State::Failed).then_some(()));
        let error = counted(&server, ErrorCode::Other, count);
        assert!(error.message.contains("panicked"), "{error:?}");
        raw_peer.assert_bye();
    }
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("\nballsession_peer_panics_total 2\n"), "{metrics}");

    let before = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", before + 15);
    witness.stop();
    let server = server.stop();
    let row = server.summary.clients.iter().find(|row| row.id == "witness").unwrap();
    assert_perfect(&row.frames);
    assert_eq!(row.state, State::Ended);
    // One line for each, and none of Rust's own about panics.
    let lines = &server.exited.stderr;
    let names_peer = |line: &String| line.contains("panicked") && line.contains("127.0.0.1:");
    assert!(lines.len() == 2 && lines.iter().all(names_peer), "{lines:?}");
}

/// A server that connects to its first client, and does to it what `then` says. Others find nobody.
pub(crate) fn fake_server(
    first_tsn: u32,
    then: impl FnOnce(&mut ByHand) + Send + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        let mut peer = ByHand::new(first_tsn);
        let offer = serde_json::json!({"type": "offer", "sdp": peer.offer()});
        stream.write_all(format!("{offer}\n").as_bytes()).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let answer: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        peer.accept(answer["sdp"].as_str().unwrap());
        peer.connect();
        then(&mut peer);
        // Signalling stays until the client ends it.
        assert!(lines.all(|line| line.is_ok_and(|line| line.contains("bye"))));
    };
    (address, std::thread::spawn(serve))
}

#[test]
fn a_client_is_not_held_by_a_server_whose_chunk_is_damaged() {
    for chunk in DAMAGED {
        let (address, serving) = fake_server(FIRST_TSN, move |peer| peer.send_chunk(&chunk));
        let client = Client::start("patient", address, &["--give-up-after", "3s"]);
        serving.join().expect("the client says bye");
        let client = client.finish();
        assert_eq!(client.exited.code, Some(1), "{:?}", client.exited);
        let error = client.summary.errors.iter().find(|error| error.code == ErrorCode::Other);
        let error = error.unwrap_or_else(|| panic!("{:?}", client.summary.errors));
        assert!(error.count == 1 && error.message.contains("panicked"), "{error:?}");
        let noise = client.exited.stderr.iter().find(|line| line.contains("RUST_BACKTRACE"));
        assert_eq!(noise, None);
    }
}
