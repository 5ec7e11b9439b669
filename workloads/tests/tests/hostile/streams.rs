//! Whoever sends media of more streams than there are, which needs no key (S3).

use ballsession_tests::{Client, Server, assert_perfect};

use crate::panics::connected;

/// Packets, each of a stream of its own, of RTP and of RTCP.
const STREAMS: u32 = 60_000;
/// After so many it looks what came back, which paces it: what overflows the server's buffer costs the others.
const AT_ONCE: u32 = 40;

/// By so much the server's memory may grow. With a state for each stream it was 30 MB and more.
const KILOBYTES: u64 = 4 << 10;

#[test]
fn packets_of_ever_new_streams_take_no_memory_and_nobody_notices() {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 60);
    let (_raw_peer, mut peer) = connected(&server, "forger", 1000);
    server.matched("witness", 90);

    let before = server.process().resident_kilobytes();
    for ssrc in 0..STREAMS {
        let rtp = [&[0x80, 97, 0, 1, 0, 0, 0, 1][..], &ssrc.to_be_bytes(), &[7; 30]].concat();
        let rtcp = [&[0x81, 201, 0, 1][..], &ssrc.to_be_bytes(), &[7; 30]].concat();
        peer.send_datagram(&rtp);
        peer.send_datagram(&rtcp);
        if ssrc % AT_ONCE == 0 {
            peer.take_what_came();
        }
    }
    let after = server.process().resident_kilobytes();
    println!("{before} kB, then {after} kB");
    assert!(after < before + KILOBYTES, "{before} kB, then {after} kB");

    let matched = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", matched + 15);
    witness.stop();
    let summary = server.stop().summary;
    let row = summary.clients.iter().find(|row| row.id == "witness").unwrap();
    assert_perfect(&row.frames);
}
