//! What of SCTP (RFC 9260) the library leaves to its user: how far a peer may have it count.
//!
//! SCTP is inside DTLS, so datagrams do not show it. But the library takes its ciphers from its user: each connection is
//! given a [`provider`] of its own, whose ciphers are the usual ones, and which sees each packet once before it is sealed and
//! once after it is opened. One that asks for too much is answered as one that is not authentic: it is dropped, and nothing
//! else happens.
//!
//! - [`packet`] is as much of the format as that takes.
//! - [`forward_limit`] says which packets the library may have. Pure.
//! - [`cipher`] and [`provider`] stand around those of the library.

mod cipher;
mod forward_limit;
mod packet;
mod provider;

pub(crate) use forward_limit::ForwardLimit;
pub(crate) use provider::provider;
