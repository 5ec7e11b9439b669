//! How large a datagram may be to reach the peer: path MTU discovery by the sender's own probes (RFC 8899), between our own
//! programs alone.
//!
//! A probe is an ICE check (RFC 8445) that is made longer by an attribute of our own. Whoever does not know that attribute
//! ignores it (RFC 8489, section 14), and answers as any check: with a short response that has the peer's signature, and names the
//! probe by its transaction. So nobody without the keys of the session can fake an answer, be made to answer, or have more sent
//! than was sent. PADDING of RFC 5780 would not do: it has to be understood.
//!
//! - [`bracket`] knows which sizes pass and which do not, and which is to be tried next.
//! - [`search`] tries them: when a probe leaves, and when it is lost because of its size and not by chance.
//! - [`note`] is what the attribute says besides its length.
//!
//! Pure: datagrams and time are arguments. All sizes are those of IP packets, headers included.

mod bracket;
mod known;
mod note;
mod search;
#[cfg(test)]
mod simulation;
mod sizes;

pub(crate) use known::Known;
pub(crate) use note::{ATTRIBUTE, Note};
pub(crate) use search::Search;
