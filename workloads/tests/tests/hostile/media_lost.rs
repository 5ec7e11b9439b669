//! Peers whose signalling stays while their media never comes, or comes no more.

use std::net::{SocketAddr, UdpSocket};

use ballsession_tests::Server;
use report::{ErrorCode, State};

use crate::raw_peer::{RawPeer, counted};
use crate::reports::{assert_witness_unharmed, with_raw_client};

/// The answer to `offer` of a peer whose media is at `address`.
fn elsewhere(offer: &str, address: SocketAddr) -> String {
    let line = |line: &str| match line.split_once(':') {
        Some(("a=candidate", _)) => {
            format!("a=candidate:1 1 udp 2130706431 {} {} typ host\r\n", address.ip(), address.port())
        }
        Some(("a=ice-ufrag", _)) => "a=ice-ufrag:stranger\r\n".to_owned(),
        Some(("a=setup", _)) => "a=setup:active\r\n".to_owned(),
        _ => format!("{line}\r\n"),
    };
    offer.lines().map(line).collect()
}

#[test]
fn whoever_answers_and_never_gets_media_going_is_given_up() {
    let server = Server::start(&[]);
    // Nobody answers at this address.
    let silence = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut blocked = RawPeer::dial(&server);
    let answer = elsewhere(&blocked.offer, silence.local_addr().unwrap());
    blocked.answer(&answer);
    // The server's own description: it reaches itself, and cannot shake hands with itself.
    let mut echo = RawPeer::dial(&server);
    let answer = echo.offer.replace("a=setup:actpass", "a=setup:active");
    echo.answer(&answer);

    let error = counted(&server, ErrorCode::IceFailed, 1);
    assert!(error.message.contains("UDP"), "{error:?}");
    let error = counted(&server, ErrorCode::DtlsFailed, 1);
    assert!(error.message.contains("DTLS"), "{error:?}");
    blocked.assert_bye();
    echo.assert_bye();
    let summary = server.stop().summary;
    assert!(summary.clients.iter().all(|row| row.state == State::Failed), "{:?}", summary.clients);
    assert_eq!((summary.clients.len(), summary.frames.sent), (2, 0));
}

#[test]
fn media_that_ends_while_its_signalling_stays_is_noticed() {
    let (server, witness, mut client) = with_raw_client("ghost");
    client.close_media();
    server.row("ghost", "is lost", |row| (row.state == State::Lost).then_some(()));
    assert_witness_unharmed(server, witness);
}
