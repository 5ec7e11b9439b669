//! What a datagram is to ICE, as its STUN header says it.

use crate::stun::{TransactionId, header};

/// A message of the Binding method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    Request(TransactionId),
    Success(TransactionId),
    /// An indication, or an error.
    Other,
}

/// Whether a datagram is no STUN, by its first byte (RFC 7983): what most datagrams are asked first.
pub(super) fn is_media(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first > 3)
}

/// Whether a datagram is RTP or RTCP, protected or not, by its first byte (RFC 7983).
pub(super) fn is_rtp(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (128..=191).contains(first))
}

/// The Binding message that a datagram is, if it is one.
pub(super) fn binding(datagram: &[u8]) -> Option<Binding> {
    let (kind, transaction) = header(datagram)?;
    match kind {
        [0x00, 0x01] => Some(Binding::Request(transaction)),
        [0x01, 0x01] => Some(Binding::Success(transaction)),
        [0x00, 0x11] | [0x01, 0x11] => Some(Binding::Other),
        _ => None,
    }
}

/// A message without attributes, for tests.
#[cfg(test)]
pub(super) fn message(message: Binding) -> Vec<u8> {
    let (kind, transaction) = match message {
        Binding::Request(transaction) => ([0x00, 0x01], transaction),
        Binding::Success(transaction) => ([0x01, 0x01], transaction),
        Binding::Other => ([0x00, 0x11], [0; 12]),
    };
    [&kind[..], &[0, 0], &crate::stun::MAGIC_COOKIE, &transaction].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_their_successes_are_told_from_all_else() {
        let id = [7; 12];
        for expected in [Binding::Request(id), Binding::Success(id), Binding::Other] {
            assert_eq!(binding(&message(expected)), Some(expected));
            assert!(!is_media(&message(expected)));
        }
        let request = message(Binding::Request(id));
        assert_eq!(binding(&request[..19]), None, "cut");
        assert_eq!(binding(&[&request[..4], &[0; 16]].concat()), None, "no cookie");
        assert_eq!(binding(&[&[0x01, 0x03], &request[2..]].concat()), None, "Allocate");
        for first in [20, 23, 128, 191] {
            assert_eq!(is_rtp(&[first; 40]), first >= 128);
            assert!(is_media(&[first; 40]) && binding(&[first; 40]).is_none());
        }
        assert_eq!((binding(&[]), is_media(&[])), (None, false));
    }
}
