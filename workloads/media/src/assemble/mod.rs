//! From RTP packets to whole VP8 frames in decoding order.
//!
//! A frame leaves the moment its last packet is in, marker bit and all: nothing waits for the next frame. A missing
//! packet is asked for again (NACK, RFC 4585) and given up after a fixed time rather than after a number of later
//! packets, which at one packet a frame would be that many frames. From then on nothing can be decoded until a
//! keyframe, which is asked for; the whole frames until then are named, not handed out.
//!
//! There is no I/O and no clock in here. After each call take what there is: [`Assembler::poll_frame`] until it is
//! empty, [`Assembler::poll_missing`], [`Assembler::poll_keyframe_request`]; then wait for a packet or for
//! [`Assembler::poll_timeout`].

mod assembler;
mod descriptor;
mod frame;
mod recovery;
mod settings;
#[cfg(test)]
mod simulation;
mod window;

pub use assembler::Assembler;
pub use frame::{Assembled, RtpPacket};
pub use settings::Settings;
