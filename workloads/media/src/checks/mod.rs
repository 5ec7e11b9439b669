//! What of ICE (RFC 8445) the library leaves to its user: how many checks leave, and where media goes when its peer
//! comes from another address.
//!
//! `rtc` checks every pair of candidates at every tick and has no limit on pairs, so that a peer's description of a few
//! kB makes it send megabytes to whatever addresses are in it. And once a pair is selected, it sends to no other
//! address for as long as the session lives. Neither can be set. So this folder stands between a connection and its
//! sockets:
//!
//! - [`candidates`] cuts a peer's description down to few candidates before the library sees it.
//! - [`pacing`] decides for each check that would leave whether it does. To the library, one that does not is a lost
//!   one. [`budget`] is shared by all sessions of a process.
//! - [`sources`] bounds the addresses that checks are taken from.
//! - [`ends`] knows what kind of addresses media goes between.
//! - [`mtu_probes`] has checks find out how large a datagram may be, between our own programs; [`one_piece`] what leaves
//!   unfragmented.
//! - [`path`] follows a peer to an address that it was checked at, with the checks of [`probe`].
//!
//! Pure: datagrams and time are arguments.

mod budget;
mod candidates;
mod ends;
mod mtu_probes;
mod one_piece;
mod pacing;
mod path;
mod probe;
mod route;
mod session;
mod sources;
mod stun;

pub(crate) use budget::Budget;
pub(crate) use candidates::limit_candidates;
pub(crate) use mtu_probes::MtuProbe;
pub(crate) use route::Route;
pub(crate) use session::SessionChecks;
