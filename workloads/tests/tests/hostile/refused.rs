//! Peers that are refused: each has its line, and all together not more than their share.

use ballsession_tests::Server;
use report::ErrorCode;

use crate::raw_peer::{RawPeer, counted};

/// P20: without `--verbose`, too, stderr says who was refused and why; but not as often as anybody likes.
#[test]
fn refused_peers_have_a_line_each_up_to_a_bound() {
    let server = Server::start(&[]);
    for count in 1..=24 {
        let mut peer = RawPeer::dial(&server);
        peer.answer("v=garbage");
        peer.assert_bye();
        counted(&server, ErrorCode::SignalingFailed, count);
    }
    let server = server.stop();
    let lines: Vec<_> = server.exited.stderr.iter().filter(|line| line.contains("SignalingFailed")).collect();
    assert!((10..24).contains(&lines.len()) && lines[0].contains("127.0.0.1:"), "{:?}", server.exited);
    let omitted = server.exited.stderr.iter().filter_map(|line| {
        let (before, _) = line.split_once(" more peers failed or were refused")?;
        before.rsplit(' ').next()?.parse::<usize>().ok()
    });
    assert_eq!(lines.len() + omitted.sum::<usize>(), 24, "{:?}", server.exited);
}
