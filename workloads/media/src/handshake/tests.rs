//! Handshakes on virtual time, datagram by datagram.

use std::time::Duration;

use super::*;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn local() -> SocketAddr {
    "10.0.0.1:1".parse().unwrap()
}

fn peer() -> SocketAddr {
    "10.0.0.2:2".parse().unwrap()
}

/// A DTLS record of this type and epoch.
fn record(kind: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0, 0, body.len() as u8][..], body].concat()
}

fn message(kind: u8, sequence: u8) -> Vec<u8> {
    record(22, 0, &[kind, 0, 0, 0, 0, sequence, 0, 0, 0, 0, 0, 0])
}

fn change_cipher_spec() -> Vec<u8> {
    record(20, 0, &[1])
}

fn application_data(n: u8) -> Vec<u8> {
    record(23, 1, &[n; 20])
}

fn alert(epoch: u8) -> Vec<u8> {
    record(21, epoch, &[7; 10])
}

/// A STUN message with this transaction; `kind` is 0 for a check and 1 for the answer to it.
fn stun(kind: u8, transaction: u8, attributes: &[u8]) -> Vec<u8> {
    let length = attributes.len() as u8;
    let header = [kind, 1, 0, length, 0x21, 0x12, 0xa4, 0x42];
    [&header[..], &[transaction; 12], attributes].concat()
}

/// PRIORITY, then USE-CANDIDATE.
const NOMINATES: [u8; 12] = [0, 0x24, 0, 4, 1, 2, 3, 4, 0, 0x25, 0, 0];

struct Connection {
    handshake: Handshake,
    begin: Instant,
}

impl Connection {
    fn new() -> Self {
        Self { handshake: Handshake::new(), begin: Instant::now() }
    }

    fn sends(&mut self, data: &[u8], at: u64) {
        self.handshake.sent(local(), peer(), data, self.begin + ms(at));
    }

    fn receives(&mut self, data: &[u8], at: u64) {
        self.handshake.received(local(), peer(), data, self.begin + ms(at));
    }

    /// What is done up to a moment, at its deadlines, and when: true for what is sent, false for what is received.
    fn run(&mut self, until: u64) -> Vec<(u64, bool, Vec<u8>)> {
        let (mut done, mut now) = (Vec::new(), self.begin);
        loop {
            while let Some(action) = self.handshake.poll(now) {
                let at = (now - self.begin).as_millis() as u64;
                let (is_sent, datagram) = match action {
                    Action::Send(datagram) => (true, datagram),
                    Action::Receive(datagram) => (false, datagram),
                };
                assert_eq!((datagram.local, datagram.peer), (local(), peer()));
                done.push((at, is_sent, datagram.data.to_vec()));
            }
            match self.handshake.deadline().filter(|deadline| *deadline <= self.begin + ms(until)) {
                Some(deadline) => now = deadline.max(now),
                None => return done,
            }
        }
    }

    fn times(&mut self, until: u64) -> Vec<u64> {
        self.run(until).into_iter().map(|(at, ..)| at).collect()
    }
}

/// P1.
#[test]
fn a_flight_is_repeated_as_it_was_until_it_is_answered_by_another() {
    let mut client = Connection::new();
    client.sends(&message(CLIENT_HELLO, 0), 0);
    let repeated = client.run(1600);
    assert_eq!(repeated.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [100, 300, 700, 1500]);
    assert!(repeated.iter().all(|(_, is_sent, data)| *is_sent && *data == message(CLIENT_HELLO, 0)));

    // A part of the server's flight came: ours may be what is lacking no more, but the peer may not know.
    client.receives(&message(SERVER_HELLO, 1), 1600);
    assert_eq!(client.times(2701), [2700]);
    client.sends(&message(CERTIFICATE, 2), 2800);
    client.sends(&change_cipher_spec(), 2800);
    let repeated = client.run(2900);
    assert_eq!(repeated, [(2900, true, message(CERTIFICATE, 2)), (2900, true, change_cipher_spec())]);
}

/// P1: bounded in number, and in datagrams.
#[test]
fn nobody_hears_more_of_a_flight_than_that() {
    let mut client = Connection::new();
    for sequence in 0..100 {
        client.sends(&message(CLIENT_HELLO, sequence), 0);
    }
    let repeated = client.times(60_000);
    assert_eq!(repeated.last(), Some(&8700));
    assert!(repeated.len() <= 10 * 8, "{}", repeated.len());
    let mut client = Connection::new();
    client.sends(&[&message(CLIENT_HELLO, 0)[..], &[0; 3000]].concat(), 0);
    assert_eq!(client.run(60_000), [], "longer than any path carries");
}

/// P1: the stack's own timer sends a flight with other record numbers, which is not another flight.
#[test]
fn a_flight_that_the_stack_repeats_takes_the_place_of_the_one_before() {
    let mut client = Connection::new();
    client.sends(&message(CLIENT_HELLO, 0), 0);
    let mut renumbered = message(CLIENT_HELLO, 0);
    renumbered[10] = 9;
    client.sends(&renumbered, 50);
    assert_eq!(client.run(150), [(150, true, renumbered)]);
}

/// P1: data of the server shows that it has the client's last flight; data of its own, that it has the server's.
#[test]
fn a_client_is_done_with_the_first_data_of_either_side() {
    for is_sent in [true, false] {
        let mut client = Connection::new();
        client.sends(&message(CLIENT_HELLO, 0), 0);
        client.receives(&message(SERVER_HELLO, 0), 1);
        client.sends(&message(CERTIFICATE, 1), 2);
        client.receives(&change_cipher_spec(), 3);
        match is_sent {
            true => client.sends(&[0x80; 40], 4),
            false => client.receives(&[0x80; 40], 4),
        }
        assert_eq!(client.run(60_000), []);
        assert!(client.handshake.is_over());
    }
}

/// P1: the server's last flight is the handshake's last, and nothing answers it but data.
#[test]
fn a_server_repeats_its_last_flight_until_the_client_sends_data() {
    let mut server = Connection::new();
    server.receives(&message(CLIENT_HELLO, 0), 0);
    server.sends(&message(SERVER_HELLO, 0), 1);
    server.receives(&message(CERTIFICATE, 1), 2);
    server.sends(&change_cipher_spec(), 3);
    server.sends(&[0x80; 40], 4);
    assert_eq!(server.times(350), [103, 303]);
    server.receives(&application_data(0), 350);
    assert_eq!(server.run(60_000), []);
    assert!(server.handshake.is_over());
}

/// P1: SCTP's own timers begin at a second.
#[test]
fn the_first_records_are_repeated_a_few_times_each() {
    let mut client = Connection::new();
    for n in 0..20 {
        client.sends(&application_data(n), u64::from(n));
    }
    let repeated = client.run(60_000);
    let of_first: Vec<_> = repeated.iter().filter(|(_, _, data)| *data == application_data(0)).collect();
    assert_eq!(of_first.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [100, 300, 700]);
    assert_eq!(repeated.len(), 8 * 3);
    assert!(client.handshake.is_over());
}

#[test]
fn nothing_is_left_to_do_once_a_channel_is_open() {
    let mut client = Connection::new();
    client.sends(&message(CLIENT_HELLO, 0), 0);
    client.sends(&application_data(0), 1);
    client.handshake.complete();
    client.sends(&application_data(1), 2);
    client.receives(&stun(0, 1, &NOMINATES), 3);
    assert_eq!(client.run(60_000), []);
    assert_eq!(client.handshake.deadline(), None);
}

/// P4.
#[test]
fn dtls_before_a_pair_is_selected_is_handed_in_with_each_stun_message_until_it_is_answered() {
    let mut server = Connection::new();
    server.receives(&message(CLIENT_HELLO, 0), 0);
    assert_eq!(server.run(1000), []);
    for (kind, at) in [(0, 1000), (1, 1020)] {
        server.receives(&stun(kind, 1, &[]), at);
        assert_eq!(server.run(1020), [(0, false, message(CLIENT_HELLO, 0))]);
    }
    server.sends(&message(SERVER_HELLO, 0), 1021);
    server.receives(&stun(0, 2, &[]), 1022);
    assert_eq!(server.run(1022), []);
}

/// P4: whoever sends is not authenticated yet.
#[test]
fn little_is_kept_of_what_comes_early_and_handed_in_a_bounded_number_of_times() {
    let mut server = Connection::new();
    for n in 0..100 {
        server.receives(&message(CLIENT_HELLO, n), 0);
    }
    let mut handed_in = Vec::new();
    for n in 0..1000 {
        server.receives(&stun(0, (n % 250) as u8, &[]), n);
        handed_in.push(server.run(n).len());
    }
    assert_eq!((handed_in[0], handed_in[127], handed_in[128], handed_in[999]), (4, 4, 0, 0));
}

/// P3, P4: libdatachannel nominates at once.
#[test]
fn a_nomination_is_handed_in_when_our_own_check_has_succeeded_until_it_is_answered() {
    let mut controlled = Connection::new();
    let nomination = stun(0, 1, &NOMINATES);
    controlled.receives(&nomination, 0);
    controlled.receives(&stun(0, 2, &[]), 0);
    assert_eq!(controlled.run(1000), []);
    controlled.handshake.received(local(), "10.0.0.3:3".parse().unwrap(), &stun(1, 7, &[]), controlled.begin);
    assert_eq!(controlled.run(1000), [], "another pair's");
    controlled.receives(&stun(1, 8, &[]), 0);
    assert_eq!(controlled.run(1000), [(0, false, nomination)]);
    controlled.sends(&stun(1, 1, &[]), 0);
    controlled.receives(&stun(1, 9, &[]), 0);
    assert_eq!(controlled.run(1000), [], "answered");
}

/// P15.
#[test]
fn an_alert_that_the_stack_answers_is_the_peers_end() {
    let mut connection = Connection::new();
    connection.handshake.complete();
    connection.sends(&alert(1), 0);
    assert!(!connection.handshake.is_closed_by_peer(), "our own end");

    let mut connection = Connection::new();
    connection.handshake.complete();
    connection.receives(&alert(0), 0);
    connection.sends(&alert(1), 0);
    assert!(!connection.handshake.is_closed_by_peer(), "in clear, so anybody's");
    connection.receives(&alert(1), 0);
    assert!(!connection.handshake.is_closed_by_peer(), "not authentic, so not answered");
    connection.sends(&application_data(1), 0);
    connection.sends(&alert(1), 0);
    assert!(connection.handshake.is_closed_by_peer());
}

proptest::proptest! {
    #[test]
    fn nothing_that_comes_panics(
        data in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..60), 0..20),
        first in proptest::sample::select(vec![0_u8, 1, 20, 21, 22, 23, 128]),
    ) {
        let mut connection = Connection::new();
        for mut data in data {
            connection.receives(&data, 0);
            if let Some(byte) = data.first_mut() {
                *byte = first;
            }
            connection.receives(&data, 1);
            connection.sends(&data, 2);
        }
        connection.run(60_000);
    }
}
