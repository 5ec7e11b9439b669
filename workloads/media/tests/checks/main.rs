//! How many checks leave, with real peers on loopback.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod advertised;
mod figures;
mod flood;
mod interfaces;
mod moved;
mod server;
