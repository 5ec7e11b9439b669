//! What is wrong with a TURN server, or with what it was asked.

use std::net::SocketAddr;
use std::time::Duration;

/// Why there is no way by a TURN server, or no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// No local address to ask from, or no socket.
    #[error("cannot send to the relay {name} at {address}: {cause}")]
    Unsendable {
        /// The server.
        name: String,
        /// Where it was sought.
        address: SocketAddr,
        /// The system's words.
        cause: String,
    },
    /// Nothing came back.
    #[error("the relay {name} at {address} does not answer within {} s", .limit.as_secs())]
    NoAnswer {
        /// The server.
        name: String,
        /// Where it was sought.
        address: SocketAddr,
        /// How long it had.
        limit: Duration,
    },
    /// Whatever came back, it was no answer to what was asked.
    #[error("the relay {name} at {address} answers, but not as a TURN server does: nothing in {} s was of use", .limit.as_secs())]
    NoUse {
        /// The server.
        name: String,
        /// Where it was sought.
        address: SocketAddr,
        /// How long it had.
        limit: Duration,
    },
    /// The user is unknown, or has another password.
    #[error("the relay {name} does not take user {username:?} with this password: {answer}")]
    Unauthorized {
        /// The server.
        name: String,
        /// The user.
        username: String,
        /// Code and reason of its answer.
        answer: String,
    },
    /// It gives no address: there is none left, or it is not for this user.
    #[error("the relay {name} gives no address: {answer}")]
    Refused {
        /// The server.
        name: String,
        /// Code and reason of its answer.
        answer: String,
    },
    /// Its address is of another family than all of the peer's (RFC 8656, section 9.3: it passes nothing on to them).
    #[error("the relay {name} gives {relayed}, and the server is at {peer}: it has to give an address of {} (coturn: --keep-address-family)", family(.peer))]
    OtherFamily {
        /// The server.
        name: String,
        /// Its address.
        relayed: SocketAddr,
        /// The first of the peer's.
        peer: SocketAddr,
    },
    /// It passes nothing on to the peer.
    #[error("the relay {name} passes nothing on to {peer}: {answer}")]
    PeerForbidden {
        /// The server.
        name: String,
        /// The peer.
        peer: SocketAddr,
        /// Code and reason of its answer.
        answer: String,
    },
    /// It has taken its address back, or is about to.
    #[error("the relay {name} does not keep its address for us: {answer}")]
    Expired {
        /// The server.
        name: String,
        /// Code and reason of its answer.
        answer: String,
    },
    /// Nothing has come from it for a while.
    #[error("the relay {name} has been silent for {} s", .silence.as_secs())]
    Silent {
        /// The server.
        name: String,
        /// For how long.
        silence: Duration,
    },
}

fn family(address: &SocketAddr) -> &'static str {
    if address.is_ipv6() { "IPv6" } else { "IPv4" }
}
