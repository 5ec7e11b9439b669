//! Peers that do not keep to what was agreed on, by mistake or on purpose: counted, and nobody else notices.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod by_hand;
mod gone;
mod liar;
mod panics;
mod reports;
mod signalling;
mod stranger;
mod wrap;
