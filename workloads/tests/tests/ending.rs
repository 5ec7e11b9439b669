//! How sessions end: by signal, by duration, by the other side's bye. Nothing is lost on the way, and exit codes say why.

use std::net::SocketAddr;

use ballsession_tests::{Client, Program, Server, Signal, assert_perfect};
use report::{ClientSummary, State, Summary};

/// A session's frames from when it surely works.
const SOME: u64 = 15;

#[test]
fn a_server_that_is_to_end_sends_bye_to_all_and_writes_its_summary() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start(&[]);
        let clients = ["one", "two"].map(|id| Client::start(id, server.signaling(), &[]));
        ["one", "two"].iter().for_each(|id| server.matched(id, SOME));
        server.signal(signal);
        let server = server.finish();
        assert_eq!(server.exited.code, Some(0), "{signal:?}: {:?}", server.exited);
        for row in &server.summary.clients {
            assert_eq!(row.state, State::Ended, "{signal:?}");
            assert_perfect(&row.frames);
        }
        assert_eq!((server.summary.clients.len(), &server.summary.errors[..]), (2, &[][..]));
        let table = server.exited.stdout.join("\n");
        assert!(table.contains("one") && table.contains("two") && table.contains("matched"), "{table}");
        // A client that is not to reconnect ends with the server's bye.
        for client in clients {
            let client = client.finish();
            assert_eq!(client.exited.code, Some(0), "{:?}", client.exited);
            assert_eq!((client.summary.state, &client.summary.errors[..]), (State::Ended, &[][..]));
        }
    }
}

#[test]
fn a_client_that_is_to_end_drains_and_its_exit_code_says_by_whom() {
    let server = Server::start(&[]);
    for (id, signal, code) in [("drained", Signal::TERM, 143), ("interrupted", Signal::INT, 0)] {
        let client = Client::start(id, server.signaling(), &[]);
        server.matched(id, SOME);
        client.signal(signal);
        let client = client.finish();
        assert_eq!(client.exited.code, Some(code), "{:?}", client.exited);
        assert_eq!((client.summary.id.as_str(), client.summary.state), (id, State::Ended));
        server.row(id, "ended", |row| (row.state == State::Ended).then_some(()));
    }
    let summary = server.stop().summary;
    assert_perfect(&summary.frames);
    assert_eq!(summary.errors, []);
}

#[test]
fn a_client_ends_its_duration_after_its_first_frame_and_the_server_goes_on() {
    let mut server = Server::start(&[]);
    let client = Client::start("brief", server.signaling(), &["--duration", "1500ms"]).finish();
    assert_eq!(client.exited.code, Some(0), "{:?}", client.exited);
    assert!(client.summary.duration_seconds >= 1.5, "{:?}", client.summary);
    let first = client.summary.setup_milliseconds.first_decoded.unwrap();
    assert!(client.summary.duration_seconds * 1e3 >= first + 1500.0, "{:?}", client.summary);
    assert!(server.is_running());
    assert_perfect(&server.stop().summary.frames);
}

#[test]
fn a_server_ends_after_its_duration_with_or_without_clients() {
    let server = Server::start(&["--duration", "2s"]);
    let client = Client::start("guest", server.signaling(), &[]);
    let server = server.finish();
    assert_eq!(server.exited.code, Some(0), "{:?}", server.exited);
    assert!(server.summary.duration_seconds >= 2.0, "{:?}", server.summary);
    assert_eq!(client.finish().exited.code, Some(0));

    let server = Server::start(&["--duration", "200ms"]).finish();
    assert_eq!(server.exited.code, Some(0), "{:?}", server.exited);
    let Summary { frames, error_pixels, loss_percent, clients, .. } = server.summary;
    assert_eq!((frames.sent, error_pixels, loss_percent, clients), (0, None, None, vec![]));
}

#[test]
fn a_summary_on_stdout_is_alone_there() {
    let common = ["--ice-address", "127.0.0.1", "--summary", "-", "--verbose"];
    let alone = [&common[..], &["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]].concat();
    let mut server = Program::start("ballsession-server", &alone);
    let line = server.line("signalling on ");
    let address: SocketAddr =
        line.split("signalling on ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    let dial = ["--server", &address.to_string(), "--duration", "1s"];
    let client = Program::run("ballsession-client", &[&common[..], &dial[..]].concat());
    server.signal(Signal::TERM);
    let server = server.finish();

    let seen: ClientSummary = serde_json::from_str(&client.stdout.join("\n")).unwrap();
    assert!(seen.frames.detected >= SOME, "{seen:?}");
    let scored: Summary = serde_json::from_str(&server.stdout.join("\n")).unwrap();
    assert!(scored.frames.matched >= SOME, "{scored:?}");
    // What people read is still there, beside it.
    assert!(server.stderr.iter().any(|line| line.contains("error px")), "{:?}", server.stderr);
    assert!(client.stderr.iter().any(|line| line.contains("ball at")), "{:?}", client.stderr);
}
