//! One peer after the other that does its worst.

use ballsession_tests::Server;
use fastrand::Rng;
use report::channel::LABEL;

use super::rtcp;
use super::sctp::{self, Known};
use crate::raw_peer::RawPeer;
use ballsession_tests::by_hand::{ByHand, nack_flood};

/// Messages of one attacker, unless one of them ends its session.
const MESSAGES: usize = 48;
/// After so many it looks what came back.
const AT_ONCE: usize = 8;

/// What an attacker concentrates on, so that the first chunk that ends its session is not always the same.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim {
    /// Chunks of one type.
    Sctp(u8),
    /// Packets of one type.
    Rtcp(u8),
    /// Requests for repairs.
    Nacks,
}

/// One after the other.
pub(super) fn aims() -> impl Iterator<Item = Aim> {
    let sctp = sctp::TYPES.into_iter().map(Aim::Sctp);
    let rtcp = rtcp::TYPES.into_iter().map(Aim::Rtcp);
    sctp.chain(rtcp).chain([Aim::Nacks]).collect::<Vec<_>>().into_iter().cycle()
}

/// A peer of the server with a channel.
fn connected(server: &Server, first_tsn: u32, forwards: bool) -> (RawPeer, ByHand) {
    let (mut raw_peer, mut peer) = (RawPeer::dial(server), ByHand::new(first_tsn));
    if forwards {
        peer.announce_forward_tsn();
    }
    let answer = peer.answer(&raw_peer.offer);
    raw_peer.answer(&answer);
    peer.connect();
    peer.open_channel(LABEL);
    peer.say(r#"{"hello":1,"id":"attacker"}"#);
    peer.run_until_acknowledged();
    (raw_peer, peer)
}

/// Connects, and gives up on half of all messages that there may be (RFC 3758).
pub(super) fn leap(server: &Server) {
    let (_raw_peer, mut peer) = connected(server, 1, true);
    let tsn = peer.next_tsn().wrapping_add(0x7fff_fff0).to_be_bytes();
    peer.send_chunk(&[&[192, 0, 0, 8][..], &tsn].concat());
}

/// Connects and sends what is damaged; returns how many messages went.
pub(super) fn attack(server: &Server, aim: Aim, rng: &mut Rng) -> usize {
    let forwards = matches!(aim, Aim::Sctp(kind) if sctp::is_forward_tsn(kind));
    let (_raw_peer, mut peer) = connected(server, rng.u32(..), forwards);
    for sent in 0..MESSAGES {
        let goes_on = match aim {
            Aim::Sctp(kind) => {
                let known = Known { next_tsn: peer.next_tsn(), acknowledged: peer.last_received() };
                let chunks = sctp::chunks(rng, kind, known);
                let (tag, checksum) = (rng.u8(..30) == 0, rng.u8(..30) == 0);
                peer.send_chunks(&chunks, tag, checksum)
            }
            Aim::Rtcp(kind) => peer.send_rtcp(&rtcp::compound(rng, kind, peer.media_ssrc())),
            Aim::Nacks => peer.send_rtcp(&nack_flood(rng, peer.media_ssrc())),
        };
        if !goes_on {
            return sent;
        }
        if sent % AT_ONCE == 0 {
            peer.take_what_came();
        }
    }
    MESSAGES
}
