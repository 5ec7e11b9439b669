//! Numbers that a long session comes to, from its beginning.

use report::ErrorCode;

use ballsession_tests::Server;

use crate::panics::connected;
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
