//! As much of SCTP (RFC 9260) as a data channel (RFC 8832) on a network without loss needs.

use std::time::{Duration, Instant};

/// The port on both sides (RFC 8841, section 4).
const PORT: u16 = 5000;
/// Chunk types, RFC 9260, section 3.2.
const DATA: u8 = 0;
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const SACK: u8 = 3;
const HEARTBEAT: u8 = 4;
const HEARTBEAT_ACK: u8 = 5;
const COOKIE_ECHO: u8 = 10;
const COOKIE_ACK: u8 = 11;
/// The parameter of an INIT ACK that is to be echoed, section 3.3.3.
const STATE_COOKIE: u16 = 7;
/// A parameter of INIT that lists one more type of chunks, FORWARD TSN (RFC 5061, section 4.2.7; RFC 3758), and its padding.
const FORWARD_TSN_SUPPORTED: [u8; 8] = [0x80, 8, 0, 5, 192, 0, 0, 0];
/// Flags of a chunk of data: unordered, and a whole message.
const WHOLE: u8 = 0b011;
const WHOLE_UNORDERED: u8 = 0b111;
/// Payload protocol identifiers (RFC 8831, section 8).
const CHANNEL_CONTROL: u32 = 50;
const TEXT: u32 = 51;
/// The DTLS client opens channels on even streams (RFC 8832, section 6).
const STREAM: u16 = 0;

const OUR_TAG: u32 = 0x0b79_a3d0;
const WINDOW_BYTES: u32 = 1 << 20;
/// A first packet may come before the other side listens.
const REPEAT: Duration = Duration::from_millis(100);

/// The association.
pub(super) struct Association {
    first_tsn: u32,
    next_tsn: u32,
    acknowledged: Option<u32>,
    their_tag: u32,
    is_established: bool,
    /// When INIT goes again, until it is answered.
    init_at: Option<Instant>,
    /// The other side's last number that was acknowledged.
    last_received: u32,
    has_forward_tsn: bool,
}

impl Association {
    pub(super) fn new(first_tsn: u32) -> Self {
        Self {
            first_tsn,
            next_tsn: first_tsn,
            acknowledged: None,
            their_tag: 0,
            is_established: false,
            init_at: None,
            last_received: 0,
            has_forward_tsn: false,
        }
    }

    pub(super) fn is_established(&self) -> bool {
        self.is_established
    }

    pub(super) fn is_acknowledged(&self) -> bool {
        self.acknowledged == Some(self.next_tsn.wrapping_sub(1))
    }

    pub(super) fn next_tsn(&self) -> u32 {
        self.next_tsn
    }

    pub(super) fn last_received(&self) -> u32 {
        self.last_received
    }

    pub(super) fn announce_forward_tsn(&mut self) {
        self.has_forward_tsn = true;
    }

    /// The transport is there.
    pub(super) fn start(&mut self, now: Instant) {
        self.init_at = Some(now);
    }

    /// What is due again.
    pub(super) fn repeat(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.init_at.filter(|at| *at <= now)?;
        self.init_at = Some(now + REPEAT);
        let streams = [u16::MAX.to_be_bytes(), u16::MAX.to_be_bytes()].concat();
        let value = [
            &OUR_TAG.to_be_bytes()[..],
            &WINDOW_BYTES.to_be_bytes(),
            &streams,
            &self.first_tsn.to_be_bytes(),
            if self.has_forward_tsn { &FORWARD_TSN_SUPPORTED } else { &[] },
        ];
        Some(packet(0, &chunk(INIT, 0, &value.concat())))
    }

    /// Takes a packet; returns the answers.
    pub(super) fn take(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        chunks(packet).into_iter().filter_map(|(kind, value)| self.take_chunk(kind, value)).collect()
    }

    fn take_chunk(&mut self, kind: u8, value: &[u8]) -> Option<Vec<u8>> {
        match kind {
            INIT_ACK => {
                // On a slow machine INIT has gone twice: what answers the second one is of another association.
                self.init_at.take()?;
                self.their_tag = number(value);
                Some(self.packet(&chunk(COOKIE_ECHO, 0, cookie(&value[16..]))))
            }
            COOKIE_ACK => {
                self.is_established = true;
                None
            }
            DATA => {
                self.last_received = number(value);
                let sack = [&value[..4], &WINDOW_BYTES.to_be_bytes(), &[0; 4]].concat();
                Some(self.packet(&chunk(SACK, 0, &sack)))
            }
            SACK => {
                self.acknowledged = Some(number(value));
                None
            }
            HEARTBEAT => Some(self.packet(&chunk(HEARTBEAT_ACK, 0, value))),
            _ => None,
        }
    }

    /// Opens the channel: unordered, nothing is sent again.
    pub(super) fn open_channel(&mut self, label: &str) -> Vec<u8> {
        let length = u16::try_from(label.len()).unwrap();
        let open =
            [&[3, 0x81, 0, 0, 0, 0, 0, 0][..], &length.to_be_bytes(), &[0, 0], label.as_bytes()].concat();
        self.data(WHOLE, CHANNEL_CONTROL, &open)
    }

    /// A message over the channel.
    pub(super) fn text(&mut self, text: &str) -> Vec<u8> {
        self.data(WHOLE_UNORDERED, TEXT, text.as_bytes())
    }

    fn data(&mut self, flags: u8, protocol: u32, payload: &[u8]) -> Vec<u8> {
        let tsn = self.next_tsn.to_be_bytes();
        self.next_tsn = self.next_tsn.wrapping_add(1);
        let stream = [STREAM.to_be_bytes(), [0, 0]].concat();
        let value = [&tsn[..], &stream, &protocol.to_be_bytes(), payload].concat();
        self.packet(&chunk(DATA, flags, &value))
    }

    /// A packet of this association with one chunk in it.
    pub(super) fn packet(&self, chunk: &[u8]) -> Vec<u8> {
        packet(self.their_tag, chunk)
    }
}

impl Association {
    /// A packet with `chunks` in it, for another association or with another checksum if wanted.
    pub(super) fn damaged_packet(&self, chunks: &[u8], wrong_tag: bool, wrong_checksum: bool) -> Vec<u8> {
        let mut packet = packet(self.their_tag ^ u32::from(wrong_tag), chunks);
        packet[8] ^= u8::from(wrong_checksum);
        packet
    }
}

fn packet(tag: u32, chunk: &[u8]) -> Vec<u8> {
    let ports = [PORT.to_be_bytes(), PORT.to_be_bytes()].concat();
    let mut packet = [&ports[..], &tag.to_be_bytes(), &[0; 4], chunk].concat();
    let checksum = crc32c(&packet);
    packet[8..12].copy_from_slice(&checksum.to_le_bytes());
    packet
}

/// A chunk with its padding, which its length does not count.
fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    let mut chunk = [&[kind, flags][..], &length.to_be_bytes(), value].concat();
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// Types and values of the chunks of a packet.
fn chunks(packet: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut chunks, mut rest) = (Vec::new(), &packet[12..]);
    while let [kind, _, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        chunks.push((kind, &rest[4..length]));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    chunks
}

/// The cookie among the parameters of an INIT ACK.
fn cookie(mut parameters: &[u8]) -> &[u8] {
    loop {
        let kind = u16::from_be_bytes([parameters[0], parameters[1]]);
        let length = usize::from(u16::from_be_bytes([parameters[2], parameters[3]]));
        if kind == STATE_COOKIE {
            return &parameters[4..length];
        }
        parameters = &parameters[length.next_multiple_of(4)..];
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// Castagnoli's CRC, RFC 9260, appendix A.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
