//! What a datagram is, by what is readable of it.

use crate::stun::{TransactionId, attributes, header};

/// RFC 8445, section 16.1.
const USE_CANDIDATE: u16 = 0x0025;

/// Types of DTLS records (RFC 5246, section 6.2.1).
const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// Of a record: type, version, epoch, sequence number, length (RFC 6347, section 4.1).
const RECORD_HEADER: usize = 13;
/// The type of a client's first handshake message (RFC 5246, section 7.4).
const CLIENT_HELLO: u8 = 1;

/// What a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A connectivity check (RFC 8445, section 7.2).
    Check {
        transaction: TransactionId,
        /// It names the pair that is to be used (section 8.1).
        nominates: bool,
    },
    /// The answer to a check.
    CheckAnswer { transaction: TransactionId, is_success: bool },
    /// DTLS that sets the keys up; what the first record of it is.
    Handshake(Opening),
    /// SCTP inside of DTLS.
    ApplicationData,
    /// SRTP and SRTCP.
    Media,
    /// Anything else.
    Other,
}

/// The first record of a datagram of the DTLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// A handshake message in clear.
    Message {
        kind: u8,
        sequence: u16,
    },
    ChangeCipherSpec,
    /// A handshake message under the new keys.
    Encrypted,
}

impl Opening {
    /// Only a DTLS client says that.
    pub(super) fn is_client_hello(self) -> bool {
        matches!(self, Self::Message { kind: CLIENT_HELLO, .. })
    }
}

impl Kind {
    /// By the first byte, as RFC 7983, section 7, has it, and by what follows.
    pub(super) fn of(data: &[u8]) -> Self {
        match data {
            [0, 1, ..] => check(data).map_or(Self::Other, |transaction| Self::Check {
                transaction,
                nominates: attributes(data).any(|(kind, _)| kind == USE_CANDIDATE),
            }),
            [1, class @ (1 | 0x11), ..] => transaction(data).map_or(Self::Other, |transaction| {
                Self::CheckAnswer { transaction, is_success: *class == 1 }
            }),
            [HANDSHAKE | CHANGE_CIPHER_SPEC, ..] => opening(data).map_or(Self::Other, Self::Handshake),
            [APPLICATION_DATA, ..] if is_application_data(data) => Self::ApplicationData,
            [128..=191, ..] => Self::Media,
            _ => Self::Other,
        }
    }
}

/// The transaction of a connectivity check.
pub(crate) fn check(data: &[u8]) -> Option<TransactionId> {
    if data.starts_with(&[0, 1]) { transaction(data) } else { None }
}

/// The transaction of the check that a datagram answers, successfully or not.
pub(crate) fn answered_check(data: &[u8]) -> Option<TransactionId> {
    if matches!(data, [1, 1 | 0x11, ..]) { transaction(data) } else { None }
}

/// Whether a datagram is SCTP inside of DTLS.
pub(crate) fn is_application_data(data: &[u8]) -> bool {
    data.first() == Some(&APPLICATION_DATA) && is_protected(data)
}

/// Whether a DTLS record is under keys: all after the first epoch are (RFC 6347, section 4.1).
pub(super) fn is_protected(data: &[u8]) -> bool {
    data.len() > RECORD_HEADER && data[3..5] != [0, 0]
}

fn transaction(data: &[u8]) -> Option<TransactionId> {
    Some(header(data)?.1)
}

fn opening(data: &[u8]) -> Option<Opening> {
    let (record, body) = data.split_first_chunk::<RECORD_HEADER>()?;
    match (record[0], is_protected(data), body) {
        (CHANGE_CIPHER_SPEC, ..) => Some(Opening::ChangeCipherSpec),
        (_, true, _) => Some(Opening::Encrypted),
        // Type, a length of three bytes, then its number (section 4.2.2).
        (_, false, [kind, _, _, _, high, low, ..]) => {
            Some(Opening::Message { kind: *kind, sequence: u16::from_be_bytes([*high, *low]) })
        }
        _ => None,
    }
}
