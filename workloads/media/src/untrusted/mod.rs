//! What reads a peer's bytes, part by part: the door for tests that try each part with anything that there may be.
//!
//! Programs have [`fanout`](crate::fanout) and [`receiver`](crate::receiver), of which these parts are the inside; nothing here does
//! anything but what they do with the same bytes.

mod datagrams;
mod descriptions;
mod packets;

pub use crate::fanout::untrusted::Feedback;
pub use datagrams::{Addresses, Again, Datagrams, receiver_ufrag};
pub use descriptions::{ReadOffer, few_candidates, read_answer, read_offer};
pub use packets::SctpPackets;

use crate::guard::Panicked;

/// Does something with one peer's connection, as all that touches one is done: a panic ends it, and nothing else.
///
/// # Errors
/// Where it panicked.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    crate::guard::guarded(work)
}
