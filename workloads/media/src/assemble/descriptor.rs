//! The VP8 payload descriptor that precedes the data in every RTP payload (RFC 7741, section 4.2).

use bytes::{Buf, Bytes};

const EXTENDED: u8 = 0x80;
const START_OF_PARTITION: u8 = 0x10;
const PARTITION_INDEX: u8 = 0x07;
const PICTURE_ID_PRESENT: u8 = 0x80;
const TL0PICIDX_PRESENT: u8 = 0x40;
const TID_OR_KEYIDX_PRESENT: u8 = 0x30;
const PICTURE_ID_IS_LONG: u8 = 0x80;

/// What is left of a payload without its descriptor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// Whether a frame begins with this data.
    pub(super) starts_frame: bool,
    /// A piece of an encoded frame; empty for a packet that carries only padding.
    pub(super) data: Bytes,
}

/// Takes the descriptor off a payload; `None` if it is cut short or has no data after it.
///
/// An empty payload is legal: some senders fill the line with padding packets, which use up sequence numbers.
pub(super) fn split(mut payload: Bytes) -> Option<Fragment> {
    let Some(&first) = payload.first() else {
        return Some(Fragment { starts_frame: false, data: payload });
    };
    let mut len = 1;
    if first & EXTENDED != 0 {
        let present = *payload.get(len)?;
        len += 1;
        if present & PICTURE_ID_PRESENT != 0 {
            len += if *payload.get(len)? & PICTURE_ID_IS_LONG != 0 { 2 } else { 1 };
        }
        len += usize::from(present & TL0PICIDX_PRESENT != 0);
        len += usize::from(present & TID_OR_KEYIDX_PRESENT != 0);
    }
    if payload.len() <= len {
        return None;
    }
    payload.advance(len);
    // Later partitions of a frame may have the start bit as well, with their index beside it.
    let starts_frame = first & START_OF_PARTITION != 0 && first & PARTITION_INDEX == 0;
    Some(Fragment { starts_frame, data: payload })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::rtp::codec::vp8::Vp8Packet;
    use rtc::rtp::packetizer::Depacketizer;

    use super::*;

    fn split_bytes(payload: &[u8]) -> Option<(bool, Vec<u8>)> {
        split(Bytes::copy_from_slice(payload)).map(|f| (f.starts_frame, f.data.to_vec()))
    }

    #[test]
    fn every_field_has_its_length() {
        let starts: [&[u8]; 5] = [
            &[0x10],
            &[0x90, 0x80, 0x11],                   // 7-bit picture id
            &[0x90, 0x80, 0x81, 0x11],             // 15-bit picture id
            &[0x90, 0xf0, 0x81, 0x11, 0x09, 0x09], // everything
            &[0x90, 0x20, 0x09],                   // TID alone
        ];
        for descriptor in starts {
            assert_eq!(split_bytes(descriptor), None, "nothing after {descriptor:02x?}");
            let payload = [descriptor, &[1, 2]].concat();
            assert_eq!(split_bytes(&payload), Some((true, vec![1, 2])), "{payload:02x?}");
        }
    }

    #[test]
    fn a_frame_starts_with_its_first_partition_only() {
        assert_eq!(split_bytes(&[0x00, 1]), Some((false, vec![1])));
        assert_eq!(split_bytes(&[0x11, 1]), Some((false, vec![1])));
    }

    #[test]
    fn padding_has_no_data() {
        assert_eq!(split_bytes(&[]), Some((false, vec![])));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn agrees_with_another_implementation(payload in proptest::collection::vec(any::<u8>(), 8..40)) {
            let mut theirs = Vp8Packet::default();
            let data = theirs.depacketize(&Bytes::from(payload.clone())).ok();
            let ours = split_bytes(&payload);
            prop_assert_eq!(ours.as_ref().map(|o| o.1.clone()), data.map(|d| d.to_vec()));
            if let Some((starts_frame, _)) = ours {
                prop_assert_eq!(starts_frame, theirs.s == 1 && theirs.pid == 0);
            }
        }

        #[test]
        fn garbage_never_panics(payload in proptest::collection::vec(any::<u8>(), 0..8)) {
            let len = payload.len();
            if let Some((_, data)) = split_bytes(&payload) {
                prop_assert!(data.len() <= len);
            }
        }
    }
}
