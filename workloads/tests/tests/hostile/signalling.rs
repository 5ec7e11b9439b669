//! Signalling with peers that do not keep to it: each is counted by its error, and nobody else notices.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::thread::JoinHandle;

use ballsession_tests::{Client, Server, assert_perfect};
use report::ErrorCode;

use crate::raw_peer::{RawPeer, counted};

/// A line longer than any that signalling allows.
const ENDLESS: usize = 70 * 1024;

/// The media section of `kind` in `sdp`, turned down as RFC 3264 has it: with port 0.
fn without(sdp: &str, kind: &str) -> String {
    sdp.replace(&format!("m={kind} 9 "), &format!("m={kind} 0 "))
}

#[test]
fn whatever_raw_peers_send_is_counted_and_the_others_see_every_frame() {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);

    let mut garbage = RawPeer::dial(&server);
    garbage.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    garbage.assert_bye();
    let error = counted(&server, ErrorCode::SignalingFailed, 1);
    assert!(error.message.contains("GET / HTTP/1.1"), "{error:?}");

    let mut binary = RawPeer::dial(&server);
    binary.send(b"\xff\xfe\x00\x1b[2J\n");
    binary.assert_bye();
    let error = counted(&server, ErrorCode::SignalingFailed, 2);
    assert!(error.message.contains("UTF-8") && !error.message.contains('\x1b'), "{error:?}");

    let mut endless = RawPeer::dial(&server);
    endless.send(&vec![b'x'; ENDLESS]);
    endless.assert_bye();
    let error = counted(&server, ErrorCode::SignalingFailed, 3);
    assert!(error.message.contains("longer") && error.message.len() < 300, "{error:?}");

    let mut confused = RawPeer::dial(&server);
    confused.send(b"{\"type\":\"offer\",\"sdp\":\"v=0\"}\n");
    confused.assert_bye();
    counted(&server, ErrorCode::SignalingFailed, 4);

    let mut unreadable = RawPeer::dial(&server);
    unreadable.answer("v=garbage");
    unreadable.assert_bye();
    counted(&server, ErrorCode::SignalingFailed, 5);

    let mut cut_off = RawPeer::dial(&server);
    cut_off.send(b"{\"type\":\"ans");
    cut_off.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    cut_off.assert_bye();
    counted(&server, ErrorCode::SignalingFailed, 6);

    let before = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", before + 15);
    witness.stop();
    let summary = server.stop().summary;
    assert_perfect(&summary.frames);
    let [error] = &summary.errors[..] else { panic!("{:?}", summary.errors) };
    assert_eq!((error.code, error.count), (ErrorCode::SignalingFailed, 6));
}

#[test]
fn an_answer_without_video_is_counted_as_such() {
    let server = Server::start(&[]);
    let mut deaf = RawPeer::dial(&server);
    let answer = without(&deaf.offer.replace("a=setup:actpass", "a=setup:active"), "video");
    assert_ne!(answer, deaf.offer);
    deaf.answer(&answer);
    deaf.assert_bye();
    let error = counted(&server, ErrorCode::NoVideo, 1);
    assert!(error.message.contains("video"), "{error:?}");
    let summary = server.stop().summary;
    assert_eq!((summary.errors.len(), summary.frames.sent), (1, 0), "{summary:?}");
}

/// A server that sends `line` to whoever connects, and then reads until they leave.
fn fake_server(line: Vec<u8>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        while let Ok((mut stream, _)) = listener.accept() {
            // A client that hangs up in the middle takes no more.
            let _ = stream.write_all(&line);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    };
    (address, std::thread::spawn(serve))
}

#[test]
fn a_client_gives_up_a_server_that_makes_no_sense_and_reports_why() {
    let audio =
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendrecv\r\n";
    let silent_video = serde_json::json!({"type": "offer", "sdp": audio});
    let cases: [(Vec<u8>, ErrorCode, &str); 4] = [
        (format!("{silent_video}\n").into_bytes(), ErrorCode::NoVideo, "no video"),
        (b"220 mail.example.org ESMTP\r\n".to_vec(), ErrorCode::SignalingFailed, "220 mail.example.org"),
        (vec![b'x'; ENDLESS], ErrorCode::SignalingFailed, "longer"),
        (b"{\"type\":\"offer\",\"sdp\":\"v=garbage\"}\n".to_vec(), ErrorCode::SignalingFailed, "offer"),
    ];
    for (line, code, words) in cases {
        let (address, _server) = fake_server(line);
        let client = Client::start("patient", address, &["--give-up-after", "1s"]).finish();
        assert_eq!(client.exited.code, Some(1), "{:?}", client.exited);
        let counted = client.summary.errors.iter().find(|error| error.code == code);
        // It tried again before it gave up.
        assert!(counted.is_some_and(|error| error.count >= 2), "{code}: {:?}", client.summary.errors);
        let said: Vec<_> = client.exited.stderr.iter().filter(|line| line.starts_with("error: ")).collect();
        assert!(said.len() == 1 && said[0].contains(code.as_str()) && said[0].contains(words), "{said:?}");
    }
}

/// V18: a server that wants no client is no session that went well.
#[test]
fn a_client_to_which_a_server_says_bye_before_there_is_media_fails_and_says_so() {
    let (address, _server) = fake_server(b"{\"type\":\"bye\"}\n".to_vec());
    let client = Client::start("unwanted", address, &[]).finish();
    assert_eq!((client.exited.code, client.summary.frames.decoded), (Some(1), 0), "{:?}", client.exited);
    let last = client.exited.stderr.last().unwrap();
    assert!(last.starts_with("error: the server said bye before there was media: "), "{:?}", client.exited);
}

/// V18: what the trouble was, and not that the server is gone by now.
#[test]
fn the_last_line_of_a_client_names_the_first_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"{\"type\":\"offer\",\"sdp\":\"v=garbage\"}\n").unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let client = Client::start("late", address, &["--reconnect", "--give-up-after", "2s"]).finish();
    serve.join().unwrap();
    assert_eq!(client.exited.code, Some(1), "{:?}", client.exited);
    let codes: Vec<_> = client.summary.errors.iter().map(|error| error.code).collect();
    assert!(codes.contains(&ErrorCode::SignalingFailed), "{codes:?}");
    let last = client.exited.stderr.last().unwrap();
    assert!(last.starts_with("error: no media: SignalingFailed: "), "{:?}", client.exited);
}
