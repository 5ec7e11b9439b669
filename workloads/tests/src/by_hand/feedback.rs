//! Feedback on a stream (RFC 4585) that asks for far more than anybody needs.

use fastrand::Rng;

/// The bytes of one datagram.
const MOST: usize = 1100;
/// Who sends it.
const SENDER: u32 = 1;
/// Packet types: feedback on the transport, and on the payload.
const TRANSPORT: u8 = 205;
const PAYLOAD: u8 = 206;

/// Requests for some thousand packets of the stream in a row, wherever they begin.
pub fn nack_flood(rng: &mut Rng, ssrc: u32) -> Vec<u8> {
    let pairs = (MOST - 12) / 4;
    let first = rng.u16(..);
    let numbers = (0..pairs).map(|pair| first.wrapping_add(17 * pair as u16));
    let pairs: Vec<u8> = numbers.flat_map(|first| [first.to_be_bytes(), [0xff; 2]].concat()).collect();
    packet(TRANSPORT, ssrc, &pairs)
}

/// A request for a keyframe: a picture loss indication, section 6.3.1.
pub fn picture_loss(ssrc: u32) -> Vec<u8> {
    packet(PAYLOAD, ssrc, &[])
}

/// Of format 1, as both are.
fn packet(kind: u8, ssrc: u32, rest: &[u8]) -> Vec<u8> {
    let words = u16::try_from((8 + rest.len()) / 4).unwrap().to_be_bytes();
    let head = [0x81, kind, words[0], words[1]];
    [&head[..], &SENDER.to_be_bytes(), &ssrc.to_be_bytes(), rest].concat()
}
