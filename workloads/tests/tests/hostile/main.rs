//! Peers that do not keep to what was agreed on, by mistake or on purpose: counted, and nobody else notices.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod damage;
mod idle_connections;
mod late_candidates;
mod media_lost;
mod no_channel;
mod panics;
mod probes;
mod raw_client;
mod raw_peer;
mod refused;
mod reports;
mod signalling;
mod streams;
mod unanswered;
mod wrap;
