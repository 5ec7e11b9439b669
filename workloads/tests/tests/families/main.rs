//! Addresses of both families, of one alone and of one link, and UDP ports that were chosen.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod listening;
mod namespace;
mod narrow;
mod no_udp;
mod node_port;
mod ports;
mod stale_nat;
