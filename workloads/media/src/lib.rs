//! Media over WebRTC: the server's [`fanout`] of one stream to many peers, and what both sides share.

pub mod addresses;
mod arrival;
pub mod assemble;
mod bucket;
mod checks;
pub mod datagrams;
mod deliver_rtcp;
mod description;
pub mod fanout;
mod guard;
mod handshake;
mod inbound;
mod late_candidates;
pub mod packetise;
mod path_mtu;
pub mod receiver;
pub mod relay;
mod sctp;
#[cfg(test)]
mod simulation;
mod sockets;
mod streams;
mod stun;
pub mod untrusted;
mod whole;

pub use description::{CHANNEL_LIMIT, DescriptionError, MAX_LATE_CANDIDATES, Place, offers_channel};
pub use guard::Panicked;
