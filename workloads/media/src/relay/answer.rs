//! What a TURN server's answers say that the client of `rtc` only has as text, or keeps to itself.

use std::fmt;

use crate::stun::{TransactionId, attributes, header};

/// RFC 8489, section 14.8.
const ERROR_CODE: u16 = 0x0009;
/// Of a reason that is kept.
const MOST_REASON: usize = 64;

/// The method that was asked for (RFC 8656, section 17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Allocate,
    Refresh,
    CreatePermission,
}

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) method: Method,
    pub(super) transaction: TransactionId,
    pub(super) code: u16,
    reason: String,
}

impl Refusal {
    /// What a datagram refuses, if it does.
    pub(super) fn read(datagram: &[u8]) -> Option<Self> {
        let (kind, transaction) = header(datagram)?;
        let method = match kind {
            [0x01, 0x13] => Method::Allocate,
            [0x01, 0x14] => Method::Refresh,
            [0x01, 0x18] => Method::CreatePermission,
            _ => return None,
        };
        let (_, value) = attributes(datagram).find(|(kind, _)| *kind == ERROR_CODE)?;
        let [_, _, class, number, reason @ ..] = value else { return None };
        let code = u16::from(class & 7) * 100 + u16::from(*number);
        let printable = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
        let reason =
            reason.iter().filter(printable).take(MOST_REASON).map(|byte| char::from(*byte)).collect();
        Some(Self { method, transaction, code, reason })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.reason)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stun::MAGIC_COOKIE;

    /// An error response of this type, by hand.
    pub(in crate::relay) fn refusal(
        kind: [u8; 2],
        transaction: TransactionId,
        code: u16,
        reason: &str,
    ) -> Vec<u8> {
        let mut value = vec![0, 0, (code / 100) as u8, (code % 100) as u8];
        value.extend(reason.bytes());
        let mut datagram = vec![kind[0], kind[1], 0, 0];
        datagram.extend(MAGIC_COOKIE);
        datagram.extend(transaction);
        datagram.extend(ERROR_CODE.to_be_bytes());
        datagram.extend((value.len() as u16).to_be_bytes());
        datagram.extend(value);
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        let length = (datagram.len() - 20) as u16;
        datagram[2..4].copy_from_slice(&length.to_be_bytes());
        datagram
    }

    #[test]
    fn a_refusal_says_what_was_asked_for_and_why_it_is_not_given() {
        let datagram = refusal([1, 0x13], [7; 12], 486, "Allocation\r\nQuota Reached");
        let read = Refusal::read(&datagram).unwrap();
        assert_eq!((read.method, read.transaction, read.code), (Method::Allocate, [7; 12], 486));
        assert_eq!(read.to_string(), "486 AllocationQuota Reached");
        for other in [[0, 0x13], [1, 0x03], [1, 0x11]] {
            assert_eq!(Refusal::read(&refusal(other, [7; 12], 400, "")), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_panics(
            datagram in proptest::collection::vec(any::<u8>(), 0..100),
            cut in 0..40_usize,
        ) {
            Refusal::read(&datagram);
            let whole = refusal([1, 0x14], [7; 12], 437, "Mismatch");
            Refusal::read(&whole[..cut.min(whole.len())]);
        }
    }
}
