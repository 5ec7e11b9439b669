//! Peers that take the video and can never report what they see.

use ballsession_tests::Server;
use report::{ErrorCode, State};

use crate::raw_peer::{RawPeer, counted};
use ballsession_tests::by_hand::ByHand;

/// P6: werift answers `active` whatever the offer says, and waits for the other side to begin SCTP, which `rtc` does as
/// DTLS client only.
#[test]
fn a_peer_that_opens_no_channel_has_its_error_and_a_line() {
    let server = Server::start(&[]);
    let (mut raw_peer, mut peer) = (RawPeer::dial(&server), ByHand::new(1));
    peer.never_begin_sctp();
    let answer = peer.answer(&raw_peer.offer);
    raw_peer.answer(&answer);
    peer.connect_dtls();
    let error = counted(&server, ErrorCode::NoChannel, 1);
    assert!(error.message.contains("does not begin SCTP"), "{error:?}");
    let server = server.stop();
    let lines = &server.exited.stderr;
    assert!(lines.len() == 1 && lines[0].contains("NoChannel: no data channel"), "{lines:?}");
    assert_eq!(server.summary.clients[0].state, State::Ended, "it was served to the end");
    assert!(!server.summary.errors.iter().any(|error| error.code == ErrorCode::DtlsFailed));
}
