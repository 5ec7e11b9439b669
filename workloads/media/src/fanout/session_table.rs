//! The sessions of a shard, and how each is found.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use report::SessionId;
use slab::Slab;

use super::peer::Peer;
use super::sent_checks::SentChecks;
use super::session::Session;
use super::stun::receiver_ufrag;
use crate::handshake::answered_check;
use crate::sockets::Datagram;

/// Addresses that one session may be known by: a few network paths, not whatever a peer claims. A further one takes the
/// place of the oldest: a NAT may have changed its mapping.
const ADDRESSES: usize = 16;

/// Sessions by slot; slots are used again.
#[derive(Default)]
pub(super) struct SessionTable {
    sessions: Slab<Session>,
    by_id: HashMap<SessionId, usize>,
    by_ufrag: HashMap<String, usize>,
    by_address: HashMap<SocketAddr, usize>,
    checks: SentChecks,
}

impl SessionTable {
    /// Takes a peer in and answers its slot.
    pub(super) fn insert(&mut self, peer: Peer) -> usize {
        let (id, ufrag) = (peer.id(), peer.ufrag().to_owned());
        let slot = self.sessions.insert(Session::new(peer));
        self.by_id.insert(id, slot);
        self.by_ufrag.insert(ufrag, slot);
        slot
    }

    /// Takes a session out.
    pub(super) fn remove(&mut self, slot: usize) -> Option<Session> {
        let session = self.sessions.try_remove(slot)?;
        self.by_id.remove(&session.id());
        self.by_ufrag.remove(session.ufrag());
        for address in &session.addresses {
            self.by_address.remove(address);
        }
        Some(session)
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut Session> {
        self.sessions.get_mut(slot)
    }

    pub(super) fn slot_of(&self, id: SessionId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Every slot that may hold a session, for as long as none is inserted.
    pub(super) fn slots(&self) -> std::ops::Range<usize> {
        0..self.sessions.capacity()
    }

    /// Remembers which checks the session has sent, so that their answers find it.
    pub(super) fn note_checks(&mut self, slot: usize, now: Instant) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let id = session.id();
        for transaction in session.take_checks() {
            self.checks.insert(transaction, id, now);
        }
    }

    /// The slot of a datagram's session. A STUN request names it, a STUN response answers one of its checks, and both bind
    /// the address they came from: also anew, for a new peer may have got the port of one that is gone.
    pub(super) fn find(&mut self, datagram: &Datagram<'_>) -> Option<usize> {
        let known = self.by_address.get(&datagram.peer).copied();
        let named = self.named(datagram.data);
        let Some(slot) = named else { return known };
        if known != named {
            if self.sessions[slot].addresses.len() == ADDRESSES {
                let oldest = self.sessions[slot].addresses.remove(0);
                self.by_address.remove(&oldest);
            }
            if let Some(previous) = known {
                self.sessions[previous].addresses.retain(|address| *address != datagram.peer);
            }
            self.sessions[slot].addresses.push(datagram.peer);
            self.by_address.insert(datagram.peer, slot);
        }
        Some(slot)
    }

    fn named(&mut self, data: &[u8]) -> Option<usize> {
        if let Some(transaction) = answered_check(data) {
            return self.checks.take(transaction).and_then(|id| self.slot_of(id));
        }
        self.by_ufrag.get(receiver_ufrag(data)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fanout::numbering::Numberings;
    use crate::fanout::options::Options;
    use crate::packetise::PacketBytes;
    use crate::stun::MAGIC_COOKIE;

    fn table() -> (SessionTable, usize, String) {
        let options = Options {
            shards: 1,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: "reports",
            numbering: None,
            ports: None,
        };
        let id = SessionId(7);
        let stream = Numberings::default().stream(id, None);
        let (peer, _) = Peer::offer(id, stream, &[address(9)], &[], options, Instant::now()).unwrap();
        let (mut table, ufrag) = (SessionTable::default(), peer.ufrag().to_owned());
        let slot = table.insert(peer);
        (table, slot, ufrag)
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// A check that names a session.
    fn check(ufrag: &str) -> Vec<u8> {
        let username = format!("{ufrag}:theirs");
        let length = u16::try_from(username.len()).unwrap();
        let mut check = [&[0, 1, 0, 0][..], &MAGIC_COOKIE, &[7; 12], &[0, 6], &length.to_be_bytes()].concat();
        check.extend(username.as_bytes());
        check.resize(check.len().next_multiple_of(4), 0);
        check
    }

    fn find(table: &mut SessionTable, from: u16, data: &[u8]) -> Option<usize> {
        let (local, peer, at, waited) = (address(9), address(from), Instant::now(), Duration::ZERO);
        table.find(&Datagram { local, peer, data, at, waited })
    }

    /// S3: after 16 addresses a session learned no other.
    #[test]
    fn of_many_addresses_the_newest_are_known_and_the_oldest_makes_way() {
        let (mut table, slot, ufrag) = table();
        let (check, media) = (check(&ufrag), [0x80; 60]);
        assert_eq!(find(&mut table, 1000, &media), None, "nobody knows it yet");
        for port in 1000..1100 {
            assert_eq!(find(&mut table, port, &check), Some(slot));
            assert_eq!(find(&mut table, port, &media), Some(slot));
        }
        let known = (1000..1100).filter(|port| find(&mut table, *port, &media).is_some());
        assert_eq!(known.collect::<Vec<_>>(), (1084..1100).collect::<Vec<_>>());
        assert_eq!(table.by_address.len(), ADDRESSES);
        assert!(table.remove(slot).is_some());
        assert!(table.by_address.is_empty() && table.by_ufrag.is_empty() && table.by_id.is_empty());
    }
}
