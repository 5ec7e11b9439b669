//! Datagrams of any kind between a server and addresses that may be anybody's, before the WebRTC stack: STUN, the DTLS handshake,
//! and what is done again.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use media::untrusted::{Again, Datagrams, receiver_ufrag};

use crate::input::Input;

const SDP: &str = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
/// Checks that leave at once to addresses that have not answered, and the time between further ones.
const AT_ONCE: u32 = 8;
const INTERVAL: Duration = Duration::from_millis(50);
/// What is done again in one go: a flight, the first records, what came early, a nomination.
const AGAIN: usize = 64;

/// Steps: a datagram that comes or is sent, from or to one of some addresses, or some time.
pub(crate) fn datagrams(data: &[u8]) {
    let mut input = Input::new(data);
    let mut session = Session::new();
    while !input.is_empty() {
        let kind = input.byte();
        let peer = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 1 + u16::from(kind & 0x1f)));
        match kind >> 6 {
            0 => session.received(peer, input.piece()),
            1 => session.sent(peer, input.piece()),
            // A check or its answer, as the library makes them; the rest of the input may know its transaction.
            2 => {
                let message = stun(kind & 0x20 != 0, input.byte());
                if input.byte() & 1 == 0 {
                    session.received(peer, &message);
                } else {
                    session.sent(peer, &message);
                }
            }
            _ => session.pass(input.time()),
        }
        session.work();
    }
}

/// A Binding request or its answer without attributes.
fn stun(is_request: bool, transaction: u8) -> Vec<u8> {
    let kind = if is_request { [0, 1] } else { [1, 1] };
    [&kind[..], &[0, 0], &[0x21, 0x12, 0xa4, 0x42], &[transaction; 12]].concat()
}

struct Session {
    datagrams: Datagrams,
    local: SocketAddr,
    started: Instant,
    now: Instant,
    /// Addresses that something came from that may answer a check.
    answering: HashSet<SocketAddr>,
    /// Checks that left to others.
    unanswered: u32,
}

impl Session {
    fn new() -> Self {
        let (local, now) = (SocketAddr::from((Ipv4Addr::LOCALHOST, 8082)), Instant::now());
        let (answering, unanswered) = (HashSet::new(), 0);
        Self { datagrams: Datagrams::new(local, SDP), local, started: now, now, answering, unanswered }
    }

    fn received(&mut self, peer: SocketAddr, data: &[u8]) {
        if let Some(ufrag) = receiver_ufrag(data) {
            assert!(ufrag.len() < data.len() && !ufrag.contains(':'));
        }
        if data.starts_with(&[1, 1]) {
            self.answering.insert(peer);
        }
        self.datagrams.received((self.local, peer), data, self.now);
    }

    fn sent(&mut self, peer: SocketAddr, data: &[u8]) {
        let went = self.datagrams.sent((self.local, peer), data, self.now);
        if is_check(data) {
            if let Some((_, peer)) = went {
                self.unanswered += u32::from(!self.answering.contains(&peer));
            }
        } else {
            assert!(went.is_some(), "nothing but checks is held back");
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..256 {
            let Some(due) = self.datagrams.deadline().filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.work();
            let next = self.datagrams.deadline();
            assert!(next.is_none_or(|next| next > self.now), "what was due at {due:?} was done");
        }
        self.now = end;
    }

    fn work(&mut self) {
        let mut again = 0;
        while let Some(what) = self.datagrams.again(self.now) {
            again += 1;
            assert!(again <= AGAIN, "done again without an end");
            let (Again::Sent { data, .. } | Again::Received(data)) = what;
            assert!(!data.is_empty() && data.len() <= 2048);
        }
        self.datagrams.advance(self.now);
        let intervals = self.now.duration_since(self.started).as_nanos() / INTERVAL.as_nanos();
        let most = AT_ONCE + u32::try_from(intervals).unwrap_or(u32::MAX - AT_ONCE);
        assert!(self.unanswered <= most, "{} checks left, {most} may", self.unanswered);
    }
}

fn is_check(data: &[u8]) -> bool {
    data.len() >= 20 && data.starts_with(&[0, 1]) && data[4..8] == [0x21, 0x12, 0xa4, 0x42]
}
