//! What pods post to the operator. Numbers are those since the process started, never differences, so that a post
//! that is lost, doubled or overtaken does no harm: of two of a process, the one with the greater `sequence` holds. A
//! process is known by its `instance`, never by a clock.

mod answer;
mod client;
mod limits;
mod server;
mod worst;

pub use answer::{Answer, index_ranges};
pub use client::ClientPost;
pub use limits::{MAX_BYTES, MAX_ROWS};
pub use server::ServerPost;
pub use worst::worst_first;
