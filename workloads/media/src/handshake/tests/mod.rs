//! Handshakes on virtual time, datagram by datagram.

mod early;
mod losses;

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
