//! Media by way of a TURN server (RFC 8656): the client asks it for an address, which is all that the peer learns of.
//!
//! ```text
//! allocate (waits for an answer, before there is a session) --Allocation--> receiver: sockets <-> Relay <-> rtc
//! ```
//! [`client`] is sans-IO, around the TURN client of `rtc`; only [`allocate`] waits for something. Over UDP alone.

mod allocate;
mod answer;
mod client;
mod error;
mod permissions;

pub use allocate::{Allocation, allocate};
pub(crate) use client::Relay;
pub use error::RelayError;

/// Who is asked, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayServer {
    /// Its name in messages, as the user gave it.
    pub name: String,
    /// Where it is.
    pub address: std::net::SocketAddr,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: String,
}

/// Without the password.
impl std::fmt::Debug for RelayServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, address, username, .. } = self;
        f.debug_struct("RelayServer")
            .field("name", name)
            .field("address", address)
            .field("username", username)
            .finish_non_exhaustive()
    }
}
