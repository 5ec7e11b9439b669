//! How far a peer may go forward at once.
//!
//! A peer that gives up on what it sent says so with FORWARD TSN (RFC 3758, section 3.2): go on as if you had everything up to
//! this number. `rtc-sctp` goes there in single steps (`association/mod.rs`, `handle_forward_tsn`), on the thread that drives all
//! sessions of a shard: half the numbers that there are take it seconds (S3). A peer can only give up on what it sent and was not
//! acknowledged, which its window bounds. So a FORWARD TSN may go [`ForwardLimit::MOST`] numbers beyond what our side acknowledged last.
//!
//! That the library has come at least as far as the last acknowledgement that it sent holds for one association. A peer could have
//! it make several on one connection, and confuse them: only one is let through.

use super::packet::{FORWARD_TSN, HEADER, INIT, SACK, chunks, length, number, verification_tag};

/// A shorter FORWARD TSN says no number.
const SHORTEST: usize = 8;

/// Requests for an association that are taken: each costs memory until the connection ends. A peer repeats it some times where
/// no answer comes.
const MOST_REQUESTS: u8 = 16;

/// What passes of the packets of one connection.
#[derive(Debug, Default)]
pub(crate) struct ForwardLimit {
    /// The name that our side has for the association that is in use.
    tag: Option<u32>,
    /// The last number that our side acknowledged.
    acknowledged: Option<u32>,
    requests: u8,
}

impl ForwardLimit {
    /// What a window of 1 MiB holds in messages of 128 bytes. So many steps take some 20 microseconds.
    pub(crate) const MOST: u32 = 1 << 13;

    /// Our side sends this packet.
    pub(crate) fn sent(&mut self, packet: &[u8]) {
        let sack = chunks(packet).filter(|chunk| chunk.kind() == SACK).last();
        self.acknowledged = sack.and_then(|sack| sack.first_number()).or(self.acknowledged);
    }

    /// Whether the library may have this packet of the peer's.
    pub(crate) fn takes(&mut self, packet: &[u8]) -> bool {
        match verification_tag(packet) {
            None => true,
            Some(0) => {
                let takes = self.tag.is_none() && self.requests < MOST_REQUESTS;
                self.requests = self.requests.saturating_add(1);
                takes
            }
            // The library would make an association of it before it looks at the tag.
            Some(_) if packet.get(HEADER) == Some(&INIT) => false,
            Some(tag) => *self.tag.get_or_insert(tag) == tag && !self.goes_too_far(packet),
        }
    }

    /// Whether the library might find a FORWARD TSN in it that goes too far: wherever a chunk may begin, unless it is certain that
    /// none does.
    fn goes_too_far(&self, packet: &[u8]) -> bool {
        (HEADER..packet.len())
            .step_by(4)
            .filter(|start| packet[*start] == FORWARD_TSN)
            .filter(|start| {
                let fits = |length: usize| (SHORTEST..=packet.len() - start).contains(&length);
                length(packet, *start).is_some_and(fits)
            })
            .filter(|start| number(packet, start + 4).is_some_and(|number| self.is_too_far(number)))
            .any(|start| !is_content(packet, start))
    }

    /// In either direction, for numbers wrap: what is far behind the last acknowledgement may be ahead of the next.
    fn is_too_far(&self, number: u32) -> bool {
        self.acknowledged.is_none_or(|acknowledged| {
            let ahead = number.wrapping_sub(acknowledged);
            ahead.min(ahead.wrapping_neg()) > Self::MOST
        })
    }
}

/// Whether what is there is within a chunk, and so is none.
fn is_content(packet: &[u8], place: usize) -> bool {
    for chunk in chunks(packet) {
        if chunk.start == place || !chunk.is_exact() {
            return false;
        }
        if place < chunk.end {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sctp::packet::{COOKIE_ACK, COOKIE_ECHO, DATA};

    const MOST: u32 = ForwardLimit::MOST;
    const TAG: u32 = 0x0b79_a3d0;
    const HEARTBEAT: u8 = 4;

    fn packet(tag: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
        [&[0x13, 0x88, 0x13, 0x88][..], &tag.to_be_bytes(), &[0; 4], &chunks.concat()].concat()
    }

    fn chunk(kind: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap().to_be_bytes();
        let mut chunk = [&[kind, 0, length[0], length[1]][..], value].concat();
        chunk.resize(chunk.len().next_multiple_of(4), 0);
        chunk
    }

    fn forward(number: u32) -> Vec<u8> {
        chunk(FORWARD_TSN, &number.to_be_bytes())
    }

    fn sack(number: u32, more: &[u8]) -> Vec<u8> {
        chunk(SACK, &[&number.to_be_bytes()[..], &[0, 16, 0, 0], &[0; 4], more].concat())
    }

    fn data(payload: &[u8]) -> Vec<u8> {
        chunk(DATA, &[&[0; 12], payload].concat())
    }

    /// A connection on which our side has acknowledged up to `number`.
    fn acknowledged(number: u32) -> ForwardLimit {
        let mut limit = ForwardLimit::default();
        limit.sent(&packet(7, &[sack(number, &[]), data(b"hello")]));
        limit
    }

    #[test]
    fn a_peer_gives_up_on_what_it_may_have_sent_and_on_no_more() {
        for from in [0, 5000, u32::MAX - 5, 1 << 31] {
            let mut limit = acknowledged(from);
            for (ahead, takes) in [
                (0, true),
                (1, true),
                (MOST, true),
                (MOST + 1, false),
                ((1 << 31) - 1, false),
                // The library may be one number further than we saw it say.
                (1 << 31, false),
                ((1 << 31) + 1, false),
                (u32::MAX, true),
            ] {
                let packet = packet(TAG, &[forward(from.wrapping_add(ahead))]);
                assert_eq!(limit.takes(&packet), takes, "{from} + {ahead}");
            }
        }
    }

    #[test]
    fn what_was_acknowledged_counts_from_then_on() {
        let mut limit = ForwardLimit::default();
        assert!(!limit.takes(&packet(TAG, &[forward(1)])), "before anything came");
        for number in [1, MOST, 2 * MOST] {
            limit.sent(&packet(7, &[sack(number, &[])]));
            assert!(limit.takes(&packet(TAG, &[forward(number + MOST)])));
            assert!(!limit.takes(&packet(TAG, &[forward(number + MOST + 1)])));
            limit.sent(&packet(7, &[data(b"nothing is acknowledged")]));
        }
    }

    #[test]
    fn a_leap_is_found_wherever_the_library_may_find_it() {
        let leap = forward(1 << 30);
        for chunks in [
            vec![leap.clone()],
            vec![sack(1, &[]), leap.clone()],
            vec![chunk(COOKIE_ECHO, b"12345"), data(b"xyz"), leap.clone()],
            vec![chunk(COOKIE_ACK, &[]), forward(2), leap.clone()],
            // Longer than what it has: the library goes on within it.
            vec![sack(1, &leap)],
            vec![chunk(COOKIE_ACK, &leap)],
            vec![chunk(HEARTBEAT, &[&[0, 1, 0, 4][..], &leap].concat())],
        ] {
            assert!(!acknowledged(1).takes(&packet(TAG, &chunks)), "{chunks:02x?}");
        }
    }

    #[test]
    fn what_looks_like_one_within_another_chunk_is_content() {
        let leap = forward(1 << 30);
        let list = [&[0, 0, 0, 2][..], &leap].concat();
        let with_list = chunk(SACK, &[&[0, 0, 0, 1, 0, 16, 0, 0][..], &list].concat());
        for chunks in [
            vec![data(&leap)],
            vec![data(&leap[..7])],
            vec![chunk(COOKIE_ECHO, &leap), data(&leap)],
            vec![with_list],
            vec![chunk(FORWARD_TSN, &[&[0, 0, 0, 3][..], &leap].concat())],
            vec![chunk(HEARTBEAT, &[0, 1, 0, 8, 192, 0, 0, 4])],
        ] {
            assert!(acknowledged(1).takes(&packet(TAG, &chunks)), "{chunks:02x?}");
        }
    }

    /// Acknowledgements do not say which association they are of, if the peer gave two of them one name.
    #[test]
    fn a_connection_has_one_association() {
        let init = packet(0, &[chunk(INIT, &[7; 16])]);
        let mut limit = ForwardLimit::default();
        assert!((0..MOST_REQUESTS).all(|_| limit.takes(&init)) && !limit.takes(&init));
        let tagged = packet(TAG, &[chunk(INIT, &[7; 16])]);
        let mut limit = ForwardLimit::default();
        assert!(!limit.takes(&tagged));
        assert!(limit.takes(&init) && limit.takes(&packet(TAG, &[chunk(COOKIE_ECHO, &[1; 32])])));
        assert!(!limit.takes(&packet(TAG + 1, &[chunk(COOKIE_ECHO, &[2; 32])])));
        assert!(!limit.takes(&init), "there is one already");
        assert!(limit.takes(&packet(TAG, &[data(b"text")])));
    }

    proptest! {
        #[test]
        fn nothing_that_is_decrypted_panics(
            packet in proptest::collection::vec(prop_oneof![Just(0_u8), Just(3), Just(192), any::<u8>()], 0..80),
            known in any::<u32>(),
        ) {
            let mut limit = acknowledged(known);
            limit.takes(&packet);
            limit.sent(&packet);
        }
    }
}
