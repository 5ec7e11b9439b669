//! Signalling with peers that do not keep to it: each is counted by its error, and nobody else notices.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread::JoinHandle;

use ballsession_tests::{Client, PATIENCE, Server, assert_perfect};
use report::{ErrorCode, ErrorEntry, State};

/// A line longer than any that signalling allows.
const ENDLESS: usize = 70 * 1024;

/// A connection to the server's signalling, its offer read.
struct Stranger {
    stream: BufReader<TcpStream>,
    offer: String,
}

impl Stranger {
    fn dial(server: &Server) -> Self {
        let stream = TcpStream::connect(server.signaling()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let offer: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(offer["type"], "offer");
        Self { stream, offer: offer["sdp"].as_str().unwrap().to_owned() }
    }

    /// Sends bytes; a server that has closed by then is no failure.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    fn answer(&mut self, sdp: &str) {
        let answer = serde_json::json!({"type": "answer", "sdp": sdp});
        self.send(format!("{answer}\n").as_bytes());
    }

    /// Asserts that the server says bye and closes. An end of file without a bye leaves some peers spinning.
    fn assert_dismissed(mut self) {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest.trim(), r#"{"type":"bye"}"#);
    }
}

/// Waits until the server has counted `count` errors of this code.
fn counted(server: &Server, code: ErrorCode, count: u64) -> ErrorEntry {
    server.eventually(&format!("{count} {code}"), |status| {
        status.errors.iter().find(|error| error.code == code && error.count >= count).cloned()
    })
}

/// The media section of `kind` in `sdp`, turned down as RFC 3264 has it: with port 0.
fn without(sdp: &str, kind: &str) -> String {
    sdp.replace(&format!("m={kind} 9 "), &format!("m={kind} 0 "))
}

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
fn whatever_strangers_say_is_counted_and_the_others_see_every_frame() {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);

    let mut garbage = Stranger::dial(&server);
    garbage.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    garbage.assert_dismissed();
    let error = counted(&server, ErrorCode::SignalingFailed, 1);
    assert!(error.message.contains("GET / HTTP/1.1"), "{error:?}");

    let mut binary = Stranger::dial(&server);
    binary.send(b"\xff\xfe\x00\x1b[2J\n");
    binary.assert_dismissed();
    let error = counted(&server, ErrorCode::SignalingFailed, 2);
    assert!(error.message.contains("UTF-8") && !error.message.contains('\x1b'), "{error:?}");

    let mut endless = Stranger::dial(&server);
    endless.send(&vec![b'x'; ENDLESS]);
    endless.assert_dismissed();
    let error = counted(&server, ErrorCode::SignalingFailed, 3);
    assert!(error.message.contains("longer") && error.message.len() < 300, "{error:?}");

    let mut confused = Stranger::dial(&server);
    confused.send(b"{\"type\":\"offer\",\"sdp\":\"v=0\"}\n");
    confused.assert_dismissed();
    counted(&server, ErrorCode::SignalingFailed, 4);

    let mut unreadable = Stranger::dial(&server);
    unreadable.answer("v=garbage");
    unreadable.assert_dismissed();
    counted(&server, ErrorCode::SignalingFailed, 5);

    let mut cut_off = Stranger::dial(&server);
    cut_off.send(b"{\"type\":\"ans");
    cut_off.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    cut_off.assert_dismissed();
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
    let mut deaf = Stranger::dial(&server);
    let answer = without(&deaf.offer.replace("a=setup:actpass", "a=setup:active"), "video");
    assert_ne!(answer, deaf.offer);
    deaf.answer(&answer);
    deaf.assert_dismissed();
    let error = counted(&server, ErrorCode::NoVideo, 1);
    assert!(error.message.contains("video"), "{error:?}");
    let summary = server.stop().summary;
    assert_eq!((summary.errors.len(), summary.frames.sent), (1, 0), "{summary:?}");
}

#[test]
fn whoever_answers_and_never_gets_media_going_is_given_up() {
    let server = Server::start(&[]);
    // Nobody answers at this address.
    let silence = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut blocked = Stranger::dial(&server);
    let answer = elsewhere(&blocked.offer, silence.local_addr().unwrap());
    blocked.answer(&answer);
    // The server's own description: it reaches itself, and cannot shake hands with itself.
    let mut echo = Stranger::dial(&server);
    let answer = echo.offer.replace("a=setup:actpass", "a=setup:active");
    echo.answer(&answer);

    let error = counted(&server, ErrorCode::IceFailed, 1);
    assert!(error.message.contains("UDP"), "{error:?}");
    let error = counted(&server, ErrorCode::DtlsFailed, 1);
    assert!(error.message.contains("DTLS"), "{error:?}");
    blocked.assert_dismissed();
    echo.assert_dismissed();
    let summary = server.stop().summary;
    assert!(summary.clients.iter().all(|row| row.state == State::Failed), "{:?}", summary.clients);
    assert_eq!((summary.clients.len(), summary.frames.sent), (2, 0));
}

/// A server that says `line` to whoever connects, and then listens until they leave.
fn impostor(line: Vec<u8>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        while let Ok((mut stream, _)) = listener.accept() {
            // A client that hangs up in the middle has heard enough.
            let _ = stream.write_all(&line);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    };
    (address, std::thread::spawn(serve))
}

#[test]
fn a_client_gives_up_a_server_that_makes_no_sense_and_says_why() {
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
        let (address, _server) = impostor(line);
        let client = Client::start("patient", address, &["--give-up-after", "1s"]).finish();
        assert_eq!(client.exited.code, Some(1), "{:?}", client.exited);
        let counted = client.summary.errors.iter().find(|error| error.code == code);
        // It tried again before it gave up.
        assert!(counted.is_some_and(|error| error.count >= 2), "{code}: {:?}", client.summary.errors);
        let said: Vec<_> = client.exited.stderr.iter().filter(|line| line.starts_with("error: ")).collect();
        assert!(said.len() == 1 && said[0].contains(code.as_str()) && said[0].contains(words), "{said:?}");
    }
}
