//! A way that carries small packets alone: an MTU below what both ends take it for, where nobody says so (L23).

use std::net::SocketAddr;

use ballsession_tests::relay::{Impairment, Impairments, Network, Relay};
use ballsession_tests::{Client, Collector, Server};
use report::post::ClientPost;
use report::{Cause, ErrorCode, State};

/// In bytes of UDP payload. Of the handshake all gets through, and of most frames their only packet.
const LARGEST: usize = 900;

/// Keyframes take a dozen packets, and other frames two.
const VIDEO: [&str; 8] =
    ["--radius", "40", "--speed", "600", "--background", "textured", "--bitrate-kbps", "4000"];

fn hole() -> Impairments {
    let to_client = Impairment { largest_bytes: Some(LARGEST), ..Impairment::default() };
    Impairments { to_client, ..Impairments::default() }
}

fn through(server: SocketAddr) -> Relay {
    Relay::start(server, Network::default())
}

/// The same with the headers of UDP and IPv4.
const PATH_MTU: u16 = LARGEST as u16 + 28;

/// What is said before it is known, with the largest payload that came, and what is said then.
fn is_guess(message: &str) -> bool {
    let Some((_, rest)) = message.split_once("none came with more than ") else { return false };
    let largest = rest.split(' ').next().unwrap().parse().unwrap();
    (20..=LARGEST).contains(&largest) && rest.ends_with(" bytes, full ones have 1188 (MTU?)")
}

fn is_known(message: &str) -> bool {
    message.contains(&format!(
        "datagrams above {PATH_MTU} bytes vanish on the way here, the video's have up to 12"
    ))
}

/// It was "no media", and no cause.
#[test]
fn a_client_that_never_gets_a_full_packet_says_so() {
    let server = Server::start(&VIDEO);
    let relay = through(server.signaling());
    relay.impair(hole());
    let operator = Collector::start();
    let client = Client::start("c", relay.address(), &operator.flags(&["--give-up-after", "8s"]));
    let post = operator.eventually("the cause", |posts: &[ClientPost]| {
        posts
            .iter()
            .find(|post| {
                let mut errors = post.errors.iter();
                errors.any(|error| error.code == ErrorCode::FramesIncomplete && is_known(&error.message))
            })
            .cloned()
    });
    assert_eq!(post.state, State::Connected);
    assert!(post.without_media_seconds.is_some(), "{post:?}");
    let client = client.finish();
    assert_eq!(client.exited.code, Some(1), "{:?}", client.exited);
    let last = client.exited.stderr.last().unwrap();
    assert!(last.starts_with("error: no media: FramesIncomplete: "), "{last}");
    assert!(is_known(last), "{last}");
    assert!(relay.counts().to_client.dropped > 0);

    let server = server.stop();
    let row = &server.summary.clients[0];
    assert_eq!(row.path_mtu.and_then(|path_mtu| path_mtu.to_client), Some(PATH_MTU), "{row:?}");
    assert_eq!(row.cause, Cause::Network, "{row:?}");
    let frames = row.frames;
    assert!(frames.matched == 0 && frames.undecodable + frames.lost > 30, "{row:?}");
    assert!(row.network.is_some_and(|network| network.packets_lost > 0), "{row:?}");
}

#[test]
fn a_way_that_narrows_is_said_and_when_it_widens_there_is_media_again() {
    let server = Server::start(&VIDEO);
    let relay = through(server.signaling());
    let client = Client::start("c", relay.address(), &[]);
    server.matched("c", 30);
    relay.impair(hole());
    let cause = |is_it: fn(&str) -> bool| {
        client.eventually("the cause", |status| {
            let error = status.errors.iter().find(|error| error.code == ErrorCode::FramesIncomplete)?;
            is_it(&error.message).then(|| error.message.clone())
        })
    };
    cause(|message| is_guess(message) || is_known(message));
    // The way is looked at again soon after the server has heard that something is missing.
    cause(is_known);
    assert_eq!(client.get("/readyz").code, 503);
    let before = server.row("c", "is there", |row| Some(row.frames.matched));
    relay.impair(Impairments::default());
    server.matched("c", before + 60);
    assert_eq!(client.get("/readyz").code, 200);
    let client = client.stop();
    let errors: Vec<_> = client.summary.errors.iter().map(|error| (error.code, error.count)).collect();
    assert!(matches!(errors[..], [(ErrorCode::FramesIncomplete, 1 | 2)]), "{errors:?}");
}
