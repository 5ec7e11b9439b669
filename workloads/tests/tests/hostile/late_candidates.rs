//! Peers whose address is not in their answer.

use ballsession_tests::Server;
use report::channel::LABEL;

use crate::raw_peer::RawPeer;
use ballsession_tests::by_hand::ByHand;

/// P14: it sends nothing before something of the server's has come, so the server has to go by what it is told, before the
/// answer or after it.
#[test]
fn a_candidate_beside_the_answer_is_as_good_as_one_in_it() {
    let server = Server::start(&[]);
    for is_early in [true, false] {
        let (mut raw_peer, mut peer) = (RawPeer::dial(&server), ByHand::new(1));
        let answer = peer.answer(&raw_peer.offer);
        let is_candidate = |line: &&str| line.starts_with("a=candidate:");
        let candidate = answer.lines().find(is_candidate).unwrap().trim_start_matches("a=").to_owned();
        let without: String =
            answer.lines().filter(|line| !is_candidate(line)).map(|line| format!("{line}\r\n")).collect();
        let message = serde_json::json!({"type": "candidate", "candidate": candidate, "id": "0", "label": 0});
        let message = format!("{message}\n");
        if is_early {
            raw_peer.send(message.as_bytes());
            raw_peer.answer(&without);
        } else {
            raw_peer.answer(&without);
            raw_peer.send(message.as_bytes());
        }
        peer.connect();
        peer.open_channel(LABEL);
        peer.run_until_acknowledged();
    }
    assert_eq!(server.stop().exited.stderr.len(), 2, "a line each, for they end without a bye");
}
