//! A program's pictures over HTTP, with a position marked in them, for as long as somebody watches.
//!
//! ```text
//! program's thread: wants? -> offer (copies) --slot--> preview thread: RGB -> mark -> PNG --> every viewer
//! ```
//!
//! The program pays one atomic load a frame while nobody watches and a copy of a few pictures a second otherwise. A
//! picture is encoded once, however many watch. Nothing here waits for a viewer.

mod encode;
mod mark;
mod pages;
mod preview;
mod rgb;
mod slot;

pub use pages::MOST_VIEWERS;
pub use preview::{INTERVAL, Preview};
