//! Where the numbers of a session's RTP packets begin.

use std::hash::{BuildHasher, RandomState};

use report::SessionId;

/// How far the numbers of a session are from those of others (RFC 3550, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbering {
    /// What is added to a frame's timestamp, in ticks of 90 kHz, with wrap-around.
    pub timestamp_offset: u32,
    /// The sequence number of the first packet.
    pub sequence_number: u16,
}

/// The identity of a session's stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) ssrc: u32,
    pub(super) numbering: Numbering,
}

/// Chooses at random, with a key that peers cannot know: what one session is sent does not tell what another is.
#[derive(Debug, Clone, Default)]
pub(super) struct Numberings {
    key: RandomState,
}

impl Numberings {
    /// The identity of the stream of `id`, with its numbers from `numbering` on where that is given.
    pub(super) fn stream(&self, id: SessionId, numbering: Option<Numbering>) -> Stream {
        let ssrc = self.key.hash_one(("ssrc", id)) as u32;
        Stream { ssrc, numbering: numbering.unwrap_or_else(|| self.numbering(id)) }
    }

    fn numbering(&self, id: SessionId) -> Numbering {
        let random = self.key.hash_one(("numbering", id)).to_be_bytes();
        let [a, b, c, d, e, f, ..] = random;
        Numbering {
            timestamp_offset: u32::from_be_bytes([a, b, c, d]),
            // In the lower half: a receiver that misses the first packets takes those after an early wrap-around for
            // ones before it, and cannot decrypt them (RFC 3711, section 3.3.1).
            sequence_number: u16::from_be_bytes([e, f]) >> 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sessions_begin_at_numbers_of_their_own() {
        let numberings = Numberings::default();
        let all: Vec<Numbering> = (0..1000).map(|id| numberings.numbering(SessionId(id))).collect();
        let offsets: HashSet<u32> = all.iter().map(|numbering| numbering.timestamp_offset).collect();
        assert!(offsets.len() > 990, "{}", offsets.len());
        assert!(all.iter().all(|numbering| numbering.sequence_number < 1 << 15));
        assert_eq!(all[7], numberings.numbering(SessionId(7)));
        let ssrc = |id| numberings.stream(SessionId(id), None).ssrc;
        assert_ne!(ssrc(7), ssrc(8));
        let given = Numbering { timestamp_offset: 5, sequence_number: 65_535 };
        assert_eq!(numberings.stream(SessionId(7), Some(given)).numbering, given);
        let elsewhere = Numberings::default();
        assert!(
            (0..1000).any(|id| elsewhere.numbering(SessionId(id)) != numberings.numbering(SessionId(id))),
            "not the same in another process"
        );
    }
}
