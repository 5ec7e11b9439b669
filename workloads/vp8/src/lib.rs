//! VP8 (RFC 6386) through libvpx, with an API that cannot be used in an unsafe way: an encoder set up for one server
//! that encodes once for many receivers, and a decoder that trusts nothing it is given.
//!
//! It owns the choice of libvpx's settings, the rules for which frames are decoded, and the active map, which tells the
//! encoder what has not changed. It knows nothing of packets, of time, or of what the pictures show.
//!
//! # Memory safety
//!
//! All calls into C are in one module, which offers nothing to the rest of the crate that could be used wrongly; no
//! other module, and no other crate of the project, may contain `unsafe`. What libvpx itself does with memory is best
//! watched by valgrind (Debian's package `valgrind`). Its processor is slow, so ask for fewer random cases:
//!
//! ```text
//! export PROPTEST_CASES=16
//! export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER='valgrind --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite'
//! cargo test --release -p ballsession-vp8 --tests
//! ```
//!
//! # Example
//!
//! ```
//! use picture::{I420Buffer, Size};
//! use vp8::{Decoder, Encoder, EncoderSettings, FrameKind};
//!
//! let size = Size::new(64, 64)?;
//! let picture = I420Buffer::filled(size, 90, 128, 128);
//! let mut encoder = Encoder::new(&EncoderSettings { size, frames_per_second: 30, bitrate_kbps: 500 })?;
//! let frame = encoder.encode(&picture.view(), 0, FrameKind::Any)?;
//! assert!(frame.keyframe);
//!
//! let mut decoder = Decoder::new(size);
//! let decoded = decoder.decode(frame.data)?.expect("a frame to show");
//! assert!(decoded.y().row(0)[0].abs_diff(90) < 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod active_map;
mod decoder;
mod encoder;
mod error;
mod header;
#[allow(unsafe_code)]
mod libvpx;
mod limits;
mod settings;

pub use active_map::ActiveMap;
pub use decoder::Decoder;
pub use encoder::{Encoder, FrameKind};
pub use error::Error;
pub use header::{FrameHeader, HeaderError, is_keyframe};
pub use libvpx::Encoded;
pub use limits::CLOCK_RATE;
pub use settings::EncoderSettings;
