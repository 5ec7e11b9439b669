//! Numbers that a long session comes to, from its beginning.

use std::sync::mpsc::channel;

use ballsession_tests::{Client, Server};
use report::ErrorCode;

use crate::panics::{connected, fake_server};
use crate::raw_peer::counted;

/// So many chunks of data come before their number wraps.
const BEFORE: u32 = 96;
const MESSAGES: u64 = 300;
/// Messages under way at a time: less than the server takes at once.
const BURST: u64 = 25;

/// P2. The server takes in every message, however their transmission sequence numbers go.
#[test]
fn transmission_sequence_numbers_wrap() {
    let server = Server::start(&[]);
    let (_raw_peer, mut peer) = connected(&server, "ancient", u32::MAX - BEFORE + 1);
    for _ in 0..MESSAGES / BURST {
        for _ in 0..BURST {
            peer.say("{}");
        }
        peer.run_until_acknowledged();
    }
    assert!(peer.next_tsn() > 200 && peer.next_tsn() < 300, "{}", peer.next_tsn());
    counted(&server, ErrorCode::MalformedReport, MESSAGES);
    let malformed = server.row("ancient", "is there", |row| Some(row.frames.malformed));
    assert_eq!(malformed, MESSAGES);
    let lines = server.stop().exited.stderr;
    assert_eq!(lines, [""; 0]);
}

/// P2, in the other direction: the client takes in every message of its server.
#[test]
fn the_transmission_sequence_numbers_of_a_server_wrap() {
    let (done, all_taken) = channel();
    let (address, serving) = fake_server(u32::MAX - BEFORE + 1, move |peer| {
        peer.open_channel("chat");
        for _ in 0..MESSAGES / BURST {
            for _ in 0..BURST {
                peer.say("a word");
            }
            peer.run_until_acknowledged();
        }
        assert!(peer.next_tsn() > 200 && peer.next_tsn() < 300, "{}", peer.next_tsn());
        done.send(()).unwrap();
    });
    let client = Client::start("ancient", address, &["--give-up-after", "20s"]);
    all_taken.recv_timeout(ballsession_tests::WAIT_LIMIT).expect("every message is acknowledged");
    let client = client.stop();
    serving.join().expect("the client says bye");
    assert!(client.summary.errors.is_empty(), "{:?}", client.summary.errors);
}
