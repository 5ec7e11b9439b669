//! RTCP packets (RFC 3550, RFC 4585) of every type, damaged.

use fastrand::Rng;

use super::lengths::{bytes, damage, length, number};

/// Sender and receiver report, description, BYE, APP, feedback on transport and payload, extended report, and others.
pub(super) const TYPES: [u8; 11] = [200, 201, 202, 203, 204, 205, 206, 207, 192, 208, 255];

/// The bytes of one datagram.
const MOST: usize = 1100;

/// A compound of packets, the first of which is of the type `kind`, about the stream `ssrc`.
pub(super) fn compound(rng: &mut Rng, kind: u8, ssrc: u32) -> Vec<u8> {
    let mut compound = packet(rng, kind, ssrc);
    while rng.bool() {
        let kind = TYPES[rng.usize(..TYPES.len())];
        compound.extend(packet(rng, kind, ssrc));
    }
    compound.truncate(MOST);
    compound
}

fn packet(rng: &mut Rng, kind: u8, ssrc: u32) -> Vec<u8> {
    let about = |rng: &mut Rng| if rng.u8(..4) == 0 { number(rng) } else { ssrc };
    let mut body = number(rng).to_be_bytes().to_vec();
    match kind {
        // One stream or more, of 24 bytes each; a sender's own figures before.
        200 | 201 => {
            body.extend((0..if kind == 200 { 20 } else { 0 }).map(|_| rng.u8(..)));
            for _ in 0..rng.usize(..4) {
                body.extend(about(rng).to_be_bytes());
                body.extend((0..5).flat_map(|_| number(rng).to_be_bytes()));
            }
        }
        202 => {
            let text = bytes(rng, 30);
            body.extend([rng.u8(..10), length(rng, text.len()) as u8]);
            body.extend(text);
        }
        205 | 206 => {
            body.extend(about(rng).to_be_bytes());
            body.extend((0..rng.usize(..12)).flat_map(|_| number(rng).to_be_bytes()));
        }
        _ => body.extend(bytes(rng, 60)),
    }
    damage(rng, &mut body);
    body.resize(body.len().next_multiple_of(4), 0);
    let count = [1, 15, rng.u8(..32)][rng.usize(..3)];
    let padded = if rng.u8(..8) == 0 { 0x20 } else { 0 };
    // In words, without the first.
    let length = length(rng, body.len() / 4).to_be_bytes();
    [&[0x80 | padded | count, kind, length[0], length[1]][..], &body].concat()
}
