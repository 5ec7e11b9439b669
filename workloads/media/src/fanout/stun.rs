//! Finds the session that a STUN request is for.

use crate::stun::{attributes, header};

/// USERNAME, RFC 8489 section 14.3.
const USERNAME: u16 = 0x0006;

/// The ICE username fragment of the receiver in a STUN request: what stands before ':' in its USERNAME
/// (RFC 8445, section 7.2.2). None for anything else that arrives.
pub(crate) fn receiver_ufrag(datagram: &[u8]) -> Option<&str> {
    header(datagram)?;
    let (_, value) = attributes(datagram).find(|(kind, _)| *kind == USERNAME)?;
    std::str::from_utf8(value).ok()?.split(':').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stun::MAGIC_COOKIE;
    use proptest::prelude::*;

    fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut datagram = vec![0, 1, 0, 0];
        datagram.extend(MAGIC_COOKIE);
        datagram.extend([7; 12]);
        for (kind, value) in attributes {
            datagram.extend(kind.to_be_bytes());
            datagram.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            datagram.extend(*value);
            datagram.resize(datagram.len().next_multiple_of(4), 0);
        }
        datagram
    }

    #[test]
    fn the_receivers_fragment_stands_before_the_colon() {
        let datagram = request(&[(0x0024, &[0; 4]), (0x8022, b"abc"), (USERNAME, b"mine:theirs")]);
        assert_eq!(receiver_ufrag(&datagram), Some("mine"));
    }

    #[test]
    fn other_datagrams_have_none() {
        assert_eq!(receiver_ufrag(&request(&[(0x8022, b"x")])), None);
        assert_eq!(receiver_ufrag(&[22; 60]), None, "DTLS");
        assert_eq!(receiver_ufrag(&[0x80; 60]), None, "RTP");
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_panics(datagram in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..80) {
            receiver_ufrag(&datagram);
            let mut broken = request(&[(0x8022, b"abc"), (USERNAME, b"mine:theirs")]);
            broken.truncate(cut);
            receiver_ufrag(&broken);
        }
    }
}
