//! SCTP packets and their chunks (RFC 9260, section 3).

/// Ports, verification tag and checksum.
pub(super) const HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;

/// Types of chunks.
pub(super) const DATA: u8 = 0;
pub(super) const INIT: u8 = 1;
pub(super) const SACK: u8 = 3;
pub(super) const COOKIE_ECHO: u8 = 10;
pub(super) const COOKIE_ACK: u8 = 11;
/// RFC 3758, section 3.2.
pub(super) const FORWARD_TSN: u8 = 192;

/// What a SACK has before its lists, header included.
const SACK_START: usize = 16;

/// A chunk in its packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    /// Where it begins.
    pub(super) start: usize,
    /// Where the next one does: it is padded to a multiple of four.
    pub(super) end: usize,
    /// From its header on, without the padding.
    bytes: &'a [u8],
}

impl Chunk<'_> {
    pub(super) fn kind(&self) -> u8 {
        self.bytes[0]
    }

    /// The first number after the header: of a SACK the cumulative acknowledgement.
    pub(super) fn first_number(&self) -> Option<u32> {
        number(self.bytes, CHUNK_HEADER)
    }

    /// Whether the library is sure to look for the next chunk where this one ends. Where a chunk could be shorter than it says, it
    /// goes on behind what it understood.
    pub(super) fn is_exact(&self) -> bool {
        match self.kind() {
            DATA | COOKIE_ECHO => true,
            FORWARD_TSN => self.bytes.len().is_multiple_of(4),
            COOKIE_ACK => self.bytes.len() == CHUNK_HEADER,
            SACK => number(self.bytes, SACK_START - 4).is_some_and(|counts| {
                let entries = (counts >> 16) + (counts & 0xffff);
                self.bytes.len() == SACK_START + 4 * entries as usize
            }),
            _ => false,
        }
    }
}

/// Which association a packet is of, as its receiver named it; 0 is one that is yet to be made.
pub(super) fn verification_tag(packet: &[u8]) -> Option<u32> {
    packet.get(..HEADER).and_then(|header| number(header, 4))
}

/// The chunks of a packet, up to the first that is cut short.
pub(super) fn chunks(packet: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut start = HEADER;
    std::iter::from_fn(move || {
        let length = length(packet, start).filter(|length| *length >= CHUNK_HEADER)?;
        let bytes = packet.get(start..start + length)?;
        let chunk = Chunk { start, end: start + length.next_multiple_of(4), bytes };
        start = chunk.end;
        Some(chunk)
    })
}

/// The length of the chunk that begins there, if one does.
pub(super) fn length(packet: &[u8], start: usize) -> Option<usize> {
    Some((number(packet, start)? & 0xffff) as usize)
}

/// The number of 32 bits that is there.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_be_bytes(*number))
}
