//! What a probe tells its receiver besides its length: what its sender knows of the way.

/// The attribute of a probe: none that is assigned, of the range that whoever does not know it ignores, and in which no
/// standard asks for one (RFC 8489, section 18.3).
pub(crate) const ATTRIBUTE: u16 = 0xc5b5;

/// What the sender of a probe knows. On the wire: three numbers of 16 bits, of which zero is not known, and padding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// The largest packet that gets to the receiver.
    pub(crate) path_mtu: Option<u16>,
    /// The largest packet with media that was sent to it in one piece.
    pub(crate) largest_sent: Option<u16>,
    /// The payload of a full packet of media.
    pub(crate) full_payload: Option<u16>,
}

impl Note {
    /// The length of a value without padding.
    pub(crate) const BYTES: usize = 6;

    /// A value of this length, and at least as long as it has to be.
    pub(crate) fn value(self, length: usize) -> Vec<u8> {
        let numbers = [self.path_mtu, self.largest_sent, self.full_payload];
        let mut value: Vec<u8> =
            numbers.iter().flat_map(|number| number.unwrap_or(0).to_be_bytes()).collect();
        value.resize(length.max(Self::BYTES), 0);
        value
    }

    /// What a value says; `None` where it is cut short.
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let [a, b, c, d, e, f, ..] = *value else { return None };
        let number = |bytes| Some(u16::from_be_bytes(bytes)).filter(|number| *number > 0);
        Some(Self { path_mtu: number([a, b]), largest_sent: number([c, d]), full_payload: number([e, f]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_whatever_its_length() {
        let note = Note { path_mtu: Some(1400), largest_sent: None, full_payload: Some(1188) };
        for length in [0, 6, 7, 1000] {
            let value = note.value(length);
            assert_eq!((value.len(), Note::read(&value)), (length.max(6), Some(note)));
        }
        assert_eq!(Note::read(&note.value(6)[..5]), None);
    }
}
