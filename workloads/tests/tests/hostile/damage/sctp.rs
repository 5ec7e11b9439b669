//! SCTP packets (RFC 9260) of every chunk type, damaged.

use fastrand::Rng;

use super::lengths::{bytes, damage, length, near, number};

/// Every type that there is, and some that there are not: those of which the first bits say what to do with what is unknown.
pub(super) const TYPES: [u8; 26] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 63, 64, 127, 128, 130, 132, 192, 193, 194, 255];

const PARAMETERS: [u16; 20] =
    [1, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 0x8000, 0x8002, 0x8003, 0x8008, 0xc000, 0xc006];
const CAUSES: u16 = 14;
/// Of data channels (RFC 8831, section 8), and others.
const PROTOCOLS: [u32; 8] = [0, 50, 51, 52, 53, 56, 57, 0xffff_ffff];

/// What the attacker knows of the association.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The number of its own next chunk of data.
    pub(super) next_tsn: u32,
    /// The number that it acknowledged last.
    pub(super) acknowledged: u32,
}

/// A chunk that gives up on some of what its sender has sent (RFC 3758, section 3.2).
const FORWARD_TSN: u8 = 192;
/// What is near enough that the server may go there.
const NEAR: u32 = 1 << 14;

/// Whether a peer has to have announced it before it is taken.
pub(super) fn is_forward_tsn(kind: u8) -> bool {
    kind == FORWARD_TSN
}

/// Some chunks, the first of which is of the type `kind`.
pub(super) fn chunks(rng: &mut Rng, kind: u8, known: Known) -> Vec<u8> {
    if kind == FORWARD_TSN {
        return forward_tsn(rng, known);
    }
    let mut chunks = chunk(rng, kind, known);
    while rng.u8(..4) == 0 {
        let kind = TYPES[rng.usize(..TYPES.len())];
        chunks.extend(chunk(rng, kind, known));
    }
    chunks
}

fn chunk(rng: &mut Rng, kind: u8, known: Known) -> Vec<u8> {
    let mut value = value(rng, kind, known);
    damage(rng, &mut value);
    let flags = if rng.bool() { rng.u8(..8) } else { rng.u8(..) };
    let length = length(rng, 4 + value.len()).to_be_bytes();
    let mut chunk = [&[kind, flags, length[0], length[1]][..], &value].concat();
    if rng.u8(..8) != 0 {
        chunk.resize(chunk.len().next_multiple_of(4), 0);
    }
    chunk
}

fn forward_tsn(rng: &mut Rng, known: Known) -> Vec<u8> {
    let mut streams: Vec<u8> = (0..rng.usize(..5)).flat_map(|_| number(rng).to_be_bytes()).collect();
    damage(rng, &mut streams);
    let near = known.next_tsn.wrapping_add(rng.u32(..NEAR)).wrapping_sub(NEAR / 2);
    let tsn = if rng.bool() { near } else { rng.u32(..) };
    let length = length(rng, 8 + streams.len()).to_be_bytes();
    [&[FORWARD_TSN, rng.u8(..), length[0], length[1]][..], &tsn.to_be_bytes(), &streams].concat()
}

/// What a chunk of this type holds.
fn value(rng: &mut Rng, kind: u8, known: Known) -> Vec<u8> {
    match kind {
        0 => data(rng, known),
        1 | 2 => {
            let numbers = [number(rng), number(rng), number(rng), near(rng, known.next_tsn)];
            [numbers.map(u32::to_be_bytes).concat(), parameters(rng)].concat()
        }
        3 => selective_acknowledgement(rng, known),
        4 | 5 | 130 => parameters(rng),
        6 | 9 => causes(rng),
        7 => near(rng, known.acknowledged).to_be_bytes().to_vec(),
        _ => bytes(rng, 40),
    }
}

fn data(rng: &mut Rng, known: Known) -> Vec<u8> {
    let stream = if rng.bool() { 0 } else { number(rng) };
    let protocol = PROTOCOLS[rng.usize(..PROTOCOLS.len())];
    let payload = if protocol == 50 { control(rng) } else { bytes(rng, 60) };
    [near(rng, known.next_tsn).to_be_bytes(), stream.to_be_bytes(), protocol.to_be_bytes()]
        .concat()
        .into_iter()
        .chain(payload)
        .collect()
}

/// A message of the channels' own protocol (RFC 8832): OPEN and ACK, and others.
fn control(rng: &mut Rng) -> Vec<u8> {
    let (label, protocol) = (bytes(rng, 20), bytes(rng, 20));
    let kind = [2, 3, rng.u8(..)][rng.usize(..3)];
    let head = [kind, rng.u8(..), 0, 0];
    let (label_length, protocol_length) = (length(rng, label.len()), length(rng, protocol.len()));
    let reliability = number(rng).to_be_bytes();
    [&head[..], &reliability, &label_length.to_be_bytes(), &protocol_length.to_be_bytes(), &label, &protocol]
        .concat()
}

fn selective_acknowledgement(rng: &mut Rng, known: Known) -> Vec<u8> {
    let (gaps, duplicates) = (rng.usize(..12), rng.usize(..4));
    let counts = [length(rng, gaps), length(rng, duplicates)].map(u16::to_be_bytes).concat();
    let mut value = [near(rng, known.acknowledged), number(rng)].map(u32::to_be_bytes).concat();
    value.extend(counts);
    value.extend((0..gaps + duplicates).flat_map(|_| number(rng).to_be_bytes()));
    value
}

fn parameters(rng: &mut Rng) -> Vec<u8> {
    parts(rng, |rng| PARAMETERS[rng.usize(..PARAMETERS.len())])
}

fn causes(rng: &mut Rng) -> Vec<u8> {
    parts(rng, |rng| rng.u16(..CAUSES))
}

fn parts(rng: &mut Rng, kind: impl Fn(&mut Rng) -> u16) -> Vec<u8> {
    let mut parts = Vec::new();
    for _ in 0..rng.usize(..4) {
        let value = bytes(rng, 24);
        parts.extend(kind(rng).to_be_bytes());
        parts.extend(length(rng, 4 + value.len()).to_be_bytes());
        parts.extend(value);
        if rng.u8(..4) != 0 {
            parts.resize(parts.len().next_multiple_of(4), 0);
        }
    }
    parts
}
