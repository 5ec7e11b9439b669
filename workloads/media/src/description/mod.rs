//! Session descriptions (SDP, RFC 8866): a peer's is put right before the WebRTC stack sees it, our answer after the
//! stack has made it.
//!
//! Peers write the same thing in many ways, and `rtc` understands one of them: it refuses a description for a single
//! odd candidate line, looks at a rejected section's credentials, compares `SHA-256` with `sha-256`, takes the offerer's
//! own DTLS role, and leaves peers without candidates where it rejects the first section. So the stack is given a
//! description made anew, of what it needs: one section of video and at most one of data, one transport, each thing
//! said once. What it answers is then spread over the sections that were offered.
//!
//! ```text
//! offer  --Offer::read--> the stack's offer  --stack--> its answer --Offer::answer--> the peer's answer
//! answer --Answer::read--> the stack's answer
//! ```
//! Descriptions are read and written by `rtc`'s own parser, so there is one model of them. Pure: text in, text out, no
//! I/O and no clock. No check is dropped: without a fingerprint that the stack can verify a description is refused.

mod advertise;
mod answer;
mod attributes;
mod bundle;
mod candidate;
mod candidates;
mod direction;
mod error;
mod fingerprint;
mod limits;
mod offer;
mod place;
mod reply;
mod section;
mod setup;
mod stack;
mod text;
mod transport;
mod video;

pub(crate) use advertise::advertise;
pub(crate) use answer::Answer;
pub use error::DescriptionError;
pub use limits::{CHANNEL_LIMIT, MAX_LATE_CANDIDATES};
pub use offer::offers_channel;
pub(crate) use offer::{Offer, OfferedData};
pub use place::Place;
pub(crate) use video::Flow;
