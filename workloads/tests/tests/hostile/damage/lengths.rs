//! What is wrong with a message made of parts that say how long they are.

use fastrand::Rng;

/// Numbers at which something begins or wraps.
const EDGES: [u32; 12] =
    [0, 1, 2, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/// One of the numbers at which something begins or wraps, or any.
pub(super) fn number(rng: &mut Rng) -> u32 {
    if rng.u8(..4) == 0 { rng.u32(..) } else { EDGES[rng.usize(..EDGES.len())] }
}

/// A number close to `near`, or halfway round from it, or any.
pub(super) fn near(rng: &mut Rng, near: u32) -> u32 {
    match rng.u8(..8) {
        0..4 => near.wrapping_add(rng.u32(..6)).wrapping_sub(3),
        4 => near.wrapping_add(0x7fff_ffff),
        5 => near.wrapping_add(0x8000_0000),
        6 => near.wrapping_add(rng.u32(..1 << 16)),
        _ => number(rng),
    }
}

/// What a part whose length is `true_length` says of it.
pub(super) fn length(rng: &mut Rng, true_length: usize) -> u16 {
    let length = u16::try_from(true_length).unwrap();
    match rng.u8(..8) {
        0 => rng.u16(..8),
        1 => length.wrapping_sub(1),
        2 => length.wrapping_add(1),
        3 => length.wrapping_add(4),
        4 => number(rng) as u16,
        _ => length,
    }
}

/// Some bytes.
pub(super) fn bytes(rng: &mut Rng, fewer_than: usize) -> Vec<u8> {
    (0..rng.usize(..fewer_than)).map(|_| rng.u8(..)).collect()
}

/// Changes some of `bytes`, cuts them or adds to them; or leaves them as they are.
pub(super) fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.usize(..3) {
        match rng.u8(..4) {
            0 => bytes.truncate(rng.usize(..=bytes.len())),
            1 => bytes.extend((0..rng.usize(..9)).map(|_| 0xff)),
            _ if bytes.is_empty() => {}
            2 => {
                let index = rng.usize(..bytes.len());
                bytes[index] ^= 1 << rng.u8(..8);
            }
            _ => {
                let index = rng.usize(..bytes.len());
                let number = number(rng).to_be_bytes();
                let part = if rng.bool() { &number[..] } else { &number[2..] };
                for (byte, new) in bytes[index..].iter_mut().zip(part) {
                    *byte = *new;
                }
            }
        }
    }
}
