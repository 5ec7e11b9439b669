//! Splits an encoded VP8 frame into RTP payloads (RFC 7741).
//!
//! Only the payloads are made here, once per frame: sequence number, SSRC and payload type belong to a
//! session and are filled in by whoever sends. (The payloader of the `rtc` crate keeps its picture id to
//! itself, varies its length and allocates per packet, which is why this is our own.)

use bytes::{BufMut, Bytes, BytesMut};

/// The largest RTP payload in bytes, VP8's descriptor included: what a packet carries that is full. Around it are an RTP header
/// (12), a tag of SRTP (10 or 16), UDP (8), and IPv4 (20) or IPv6 (40).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketBytes(u16);

impl PacketBytes {
    /// Below there is more header than video.
    pub const SMALLEST: u16 = 200;
    /// A packet of 8976 bytes, which fits into a jumbo frame of 9000.
    pub const LARGEST: u16 = 8900;
    /// A packet stays within 1264 bytes, under the 1280 that every IPv6 path carries, overlay networks included.
    pub const DEFAULT: Self = Self(1188);

    /// `None` for what is out of range.
    pub fn new(bytes: u16) -> Option<Self> {
        (Self::SMALLEST..=Self::LARGEST).contains(&bytes).then_some(Self(bytes))
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for PacketBytes {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// X and I set, then a 15-bit picture id: the same length in every packet.
const DESCRIPTOR_LEN: usize = 4;
const EXTENDED: u8 = 0x80;
const START_OF_PARTITION: u8 = 0x10;
const PICTURE_ID_PRESENT: u8 = 0x80;
const PICTURE_ID_IS_LONG: u16 = 0x8000;

/// The RTP payloads of one encoded frame in sending order; the last one is to be sent with the marker bit.
///
/// `picture_id` counts frames; its lower 15 bits are used. All payloads share one allocation. No data, no payloads.
pub fn packetise(encoded: &[u8], picture_id: u16, packet_bytes: PacketBytes) -> Vec<Bytes> {
    let chunks = encoded.chunks(usize::from(packet_bytes.get()) - DESCRIPTOR_LEN);
    let mut buffer = BytesMut::with_capacity(encoded.len() + chunks.len() * DESCRIPTOR_LEN);
    chunks
        .enumerate()
        .map(|(index, chunk)| {
            let start = if index == 0 { START_OF_PARTITION } else { 0 };
            buffer.put_u8(EXTENDED | start);
            buffer.put_u8(PICTURE_ID_PRESENT);
            buffer.put_u16(PICTURE_ID_IS_LONG | picture_id);
            buffer.put_slice(chunk);
            buffer.split().freeze()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::rtp::codec::vp8::Vp8Packet;
    use rtc::rtp::packetizer::Depacketizer;

    use super::*;

    const DEFAULT: PacketBytes = PacketBytes::DEFAULT;
    const MAX_PAYLOAD_LEN: usize = DEFAULT.get() as usize;

    #[test]
    fn a_size_is_one_that_leaves_room_for_video_and_fits_into_a_frame() {
        let sizes = [0, 199, 200, 8900, 8901, u16::MAX].map(|bytes| PacketBytes::new(bytes).is_some());
        assert_eq!(sizes, [false, false, true, true, false, false]);
    }

    #[test]
    fn nothing_makes_no_payload() {
        assert!(packetise(&[], 1, DEFAULT).is_empty());
    }

    #[test]
    fn one_byte_over_the_budget_takes_a_second_packet() {
        let fits = vec![7; MAX_PAYLOAD_LEN - DESCRIPTOR_LEN];
        assert_eq!(packetise(&fits, 0, DEFAULT).len(), 1);
        let over = vec![7; MAX_PAYLOAD_LEN - DESCRIPTOR_LEN + 1];
        let payloads = packetise(&over, 0, DEFAULT);
        assert_eq!(
            payloads.iter().map(Bytes::len).collect::<Vec<_>>(),
            [MAX_PAYLOAD_LEN, DESCRIPTOR_LEN + 1]
        );
    }

    #[test]
    fn the_descriptor_is_the_one_of_rfc_7741() {
        let payloads = packetise(&[0xaa; 2000], 0x1234, DEFAULT);
        assert_eq!(&payloads[0][..5], [0x90, 0x80, 0x92, 0x34, 0xaa]);
        assert_eq!(&payloads[1][..5], [0x80, 0x80, 0x92, 0x34, 0xaa]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Checked with another implementation of RFC 7741 than ours.
        #[test]
        fn another_depacketiser_reads_the_frame_back(
            encoded in proptest::collection::vec(any::<u8>(), 1..20_000),
            picture_id in any::<u16>(),
            packet_bytes in prop::sample::select(vec![200, 201, 1188, 8900]),
        ) {
            let mut read_back = Vec::new();
            let payloads = packetise(&encoded, picture_id, PacketBytes::new(packet_bytes).unwrap());
            for (index, payload) in payloads.iter().enumerate() {
                let is_last = index + 1 == payloads.len();
                let full = usize::from(packet_bytes);
                prop_assert!(payload.len() == full || (is_last && payload.len() < full));
                let mut descriptor = Vp8Packet::default();
                read_back.extend_from_slice(&descriptor.depacketize(payload).unwrap());
                prop_assert_eq!(descriptor.s == 1, index == 0);
                prop_assert_eq!(descriptor.pid, 0);
                prop_assert_eq!(descriptor.picture_id, picture_id & 0x7fff);
            }
            prop_assert_eq!(read_back, encoded);
        }
    }
}
