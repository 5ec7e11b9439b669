//! Takes reports over HTTP, by TLS and without.
//!
//! ```text
//! connections -> handler -> body, intake -> auth, post, ledger
//!                  '-> answer
//! ```

mod answer;
mod body;
mod connections;
mod handler;
mod intake;

pub use connections::Endpoint;
pub(super) use connections::serve;
pub(super) use intake::Intake;

#[cfg(test)]
mod tests;
