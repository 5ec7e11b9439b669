//! STUN as far as it is readable without keys: header and attributes (RFC 8489, sections 5 and 14). Nothing is verified here.

/// Names a request, and the response to it.
pub(crate) type TransactionId = [u8; 12];

const HEADER: usize = 20;
pub(crate) const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// The type of the message that a datagram is, as its two bytes, and its transaction; `None` where it is no STUN.
pub(crate) fn header(datagram: &[u8]) -> Option<([u8; 2], TransactionId)> {
    let header = datagram.first_chunk::<HEADER>()?;
    let is_stun = header[0] & 0xc0 == 0 && header[4..8] == MAGIC_COOKIE;
    is_stun.then_some(([header[0], header[1]], *header.last_chunk()?))
}

/// Types and values of the attributes of a message, up to the first that is cut short.
pub(crate) fn attributes(message: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut left = message.get(HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [type_high, type_low, length_high, length_low, rest @ ..] = left else { return None };
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        let value = rest.get(..length)?;
        // Values are padded to a multiple of four.
        left = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((u16::from_be_bytes([*type_high, *type_low]), value))
    })
}
