//! Takes reports over HTTP, by TLS and without.
//!
//! ```text
//! connections -> handler -> body, intake -> auth, post, ledger
//!   '-> slots      '-> answer
//! ```

mod activity;
mod answer;
mod body;
mod connections;
mod handler;
mod intake;
mod slots;

pub use connections::Endpoint;
pub(super) use connections::serve;
pub(super) use intake::Intake;

#[cfg(test)]
mod tests;
