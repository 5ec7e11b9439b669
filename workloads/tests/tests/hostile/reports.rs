//! Reports over a real peer connection that are malformed, repeated or too many: counted, and survived.

use ballsession_tests::{Client, Server, assert_accounted, assert_perfect};
use report::{ErrorCode, Frames, State};

use crate::raw_client::RawClient;

/// A server with a client that is as it should be, and one that is not.
pub(crate) fn with_raw_client(id: &str) -> (Server, Client, RawClient) {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);
    let client = RawClient::connect(server.signaling());
    client.send(&format!(r#"{{"hello":1,"id":"{id}"}}"#));
    let id = if id == "witness" { "witness (2)" } else { id };
    server.row(id, "its frames count", |row| (row.frames.sent > 0).then_some(()));
    (server, witness, client)
}

/// The raw client's counts, once `enough`.
fn counts(server: &Server, id: &str, enough: impl Fn(&Frames) -> bool) -> Frames {
    server.row(id, "its messages are counted", |row| enough(&row.frames).then_some(row.frames))
}

/// Ends both and asserts that the good client has lost nothing by its neighbour.
pub(crate) fn assert_witness_unharmed(server: Server, witness: Client) {
    let before = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", before + 15);
    witness.stop();
    let summary = server.stop().summary;
    let row = summary.clients.iter().find(|row| row.id == "witness").unwrap();
    assert_perfect(&row.frames);
    assert_eq!(row.state, State::Ended);
    assert_accounted(&summary.frames);
}

#[test]
fn messages_that_mean_nothing_are_malformed() {
    let (server, witness, client) = with_raw_client("liar");
    let timestamp = client.frame();
    let never = timestamp.wrapping_add(1);
    // As long as the channel lets a message be, nearly: the server's offer says 64 KiB.
    let long = "x".repeat(60_000);
    let messages = [
        format!(r#"{{"ts":{timestamp},"x":NaN,"y":1}}"#),
        format!(r#"{{"ts":{timestamp},"x":null,"y":1}}"#),
        format!(r#"{{"ts":{timestamp},"x":1e308,"y":1e308}}"#),
        format!(r#"{{"ts":{timestamp},"x":1e999,"y":1}}"#),
        format!(r#"{{"ts":{timestamp},"x":1}}"#),
        format!(r#"{{"ts":{timestamp},"x":1,"y":1,"confidence":2}}"#),
        format!(r#"{{"ts":{timestamp},"state":"asleep"}}"#),
        format!(r#"{{"ts":{never},"x":1,"y":1}}"#),
        format!(r#"{{"ts":{},"x":1,"y":1}}"#, timestamp.wrapping_add(1 << 31)),
        r#"{"ts":-1,"x":1,"y":1}"#.to_owned(),
        r#"{"ts":4294967296,"x":1,"y":1}"#.to_owned(),
        r#"{"hello":1,"id":"somebody else"}"#.to_owned(),
        r#"{"hello":2,"id":"liar"}"#.to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "garbage \u{1b}[2J \u{0}".to_owned(),
        String::from("\u{feff}"),
        "[".repeat(3000),
        format!(r#"{{"ts":{timestamp},"x":1,"y":1,"more":"{long}"}}"#),
    ];
    for (position, message) in messages.iter().enumerate() {
        client.send(message);
        let said = &message[..message.len().min(60)];
        let count = counts(&server, "liar", |frames| frames.malformed > position as u64).malformed;
        assert_eq!(count, position as u64 + 1, "{said}");
    }
    let status = server.status();
    let [error] = &status.errors[..] else { panic!("{:?}", status.errors) };
    assert_eq!((error.code, error.count), (ErrorCode::MalformedReport, messages.len() as u64));
    assert!(error.message.len() < 300 && !error.message.contains(char::is_control), "{error:?}");
    // The frame that all of this was about still has its fate ahead of it.
    assert_eq!(counts(&server, "liar", |_| true).matched, 0);
    drop(client);
    assert_witness_unharmed(server, witness);
}

#[test]
fn a_frame_is_scored_once_however_often_it_is_reported() {
    let (server, witness, client) = with_raw_client("parrot");
    let report = format!(r#"{{"ts":{},"x":1,"y":1}}"#, client.frame());
    client.send(&report);
    counts(&server, "parrot", |frames| frames.matched == 1);
    for _ in 0..3 {
        client.send(&report);
    }
    let frames = counts(&server, "parrot", |frames| frames.duplicate == 3);
    assert_eq!((frames.matched, frames.malformed), (1, 0), "{frames:?}");
    // It is scored as what it is: far off.
    let error = server.row("parrot", "its error", |row| row.error_pixels);
    assert!(error.mean > 10.0, "{error:?}");
    drop(client);
    assert_witness_unharmed(server, witness);
}

#[test]
fn somebody_elses_name_is_not_to_be_had() {
    let (server, witness, client) = with_raw_client("witness");
    let report = format!(r#"{{"ts":{},"x":1,"y":1}}"#, client.frame());
    client.send(&report);
    counts(&server, "witness (2)", |frames| frames.matched == 1);
    drop(client);
    assert_witness_unharmed(server, witness);
}

#[test]
fn a_flood_of_nonsense_does_not_delay_the_others() {
    let (server, witness, client) = with_raw_client("flood");
    for _ in 0..20 {
        for _ in 0..100 {
            client.send("nonsense");
        }
    }
    // The channel may lose messages, but hardly most of them.
    counts(&server, "flood", |frames| frames.malformed >= 1000);
    let size = server.get("/status").body.len();
    assert!(size < 20_000, "{size} bytes of status");
    drop(client);
    assert_witness_unharmed(server, witness);
}
