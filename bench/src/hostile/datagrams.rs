//! Datagrams that lead to nothing, by the thousand.

use std::net::{SocketAddr, UdpSocket};

use fastrand::Rng;

use super::attack::{Attack, Done};
use super::session::Session;

/// In a hundredth of a second.
const AT_ONCE: u32 = 20;
const MOST_BYTES: usize = 1200;
/// First bytes of STUN, DTLS and media (RFC 7983, section 7).
const FIRST: [std::ops::RangeInclusive<u8>; 3] = [0..=3, 20..=63, 128..=191];

/// Bytes by chance, of somebody who is nobody's peer.
pub(super) struct Junk {
    /// By which it knows where media is.
    session: Session,
    socket: UdpSocket,
    random: Rng,
}

impl Junk {
    pub(super) fn begin(server: SocketAddr) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((server.ip(), 0))?;
        Ok(Self { session: Session::begin(server)?, socket, random: Rng::with_seed(1) })
    }
}

impl Attack for Junk {
    fn act(&mut self, done: &mut Done) {
        for _ in 0..AT_ONCE {
            let random = &mut self.random;
            let mut datagram: Vec<u8> = (0..random.usize(1..MOST_BYTES)).map(|_| random.u8(..)).collect();
            let class = FIRST[random.usize(..FIRST.len())].clone();
            datagram[0] = random.u8(class);
            done.done += 1;
            if self.socket.send_to(&datagram, self.session.remote()).is_err() {
                done.refused += 1;
            }
        }
        self.session.listen();
    }
}

/// Packets of RTP and RTCP, each of a stream of its own.
pub(super) struct Streams {
    session: Session,
    next: u32,
}

impl Streams {
    pub(super) fn begin(server: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { session: Session::begin(server)?, next: 0 })
    }
}

impl Attack for Streams {
    fn act(&mut self, done: &mut Done) {
        for _ in 0..AT_ONCE / 2 {
            let stream = self.next.to_be_bytes();
            self.next = self.next.wrapping_add(1);
            self.session.send_datagram(&[&[0x80, 97, 0, 1, 0, 0, 0, 1][..], &stream, &[7; 30]].concat());
            self.session.send_datagram(&[&[0x81, 201, 0, 1][..], &stream, &[7; 30]].concat());
            done.done += 2;
        }
        self.session.listen();
    }
}
