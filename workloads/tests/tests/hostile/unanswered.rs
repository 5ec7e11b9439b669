//! Whoever connects to signalling by the hundred and answers no offer.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use ballsession_tests::{Client, Server, WAIT_LIMIT, assert_perfect, eventually};

use crate::idle_connections::connect_from;

/// As many offers one address may leave unanswered.
const MOST: usize = 256;
const TRIES: usize = 300;
/// The server's memory with all of them: what its pod requests.
const KILOBYTES: u64 = 64 << 10;

/// A connection, and the first line of what the server says.
fn dial(server: &Server) -> (TcpStream, String) {
    let stream = connect_from(1, server.signaling());
    stream.set_read_timeout(Some(WAIT_LIMIT)).unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    (stream, line)
}

#[test]
fn an_address_gets_so_many_offers_that_it_does_not_answer_and_others_theirs() {
    let server = Server::start(&[]);
    let (mut held, lines): (Vec<_>, Vec<_>) = (0..TRIES).map(|_| dial(&server)).unzip();
    let is_offer = |line: &String| line.starts_with(r#"{"sdp":"#) || line.contains(r#""type":"offer""#);
    assert_eq!(lines.iter().take_while(|line| is_offer(line)).count(), MOST);
    let refusal = "256 connections of this address have not answered their offers yet";
    assert!(lines[MOST..].iter().all(|line| line.contains(refusal) && line.contains("bye")), "{lines:?}");
    let kilobytes = server.process().resident_kilobytes();
    println!("{kilobytes} kB beside {MOST} of them");
    assert!(kilobytes <= KILOBYTES, "{kilobytes} kB");

    let client = Client::start("elsewhere", server.signaling(), &[]);
    server.matched("elsewhere", 15);
    // Who leaves makes place.
    held.remove(0);
    eventually("an offer again", || is_offer(&dial(&server).1).then_some(()));
    client.stop();
    let summary = server.stop().summary;
    assert_perfect(&summary.clients.iter().find(|row| row.id == "elsewhere").unwrap().frames);
}
