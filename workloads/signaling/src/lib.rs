//! Signalling over a plain TCP connection, as aiortc's `TcpSocketSignaling` does it.
//!
//! One JSON object a line, ending in `\n`, at most [`MAX_LINE_BYTES`] long: a session description, a candidate or
//! `bye`. There is no greeting, no authentication and no session id; a connection is a session. Three habits of that
//! protocol's peers shape this crate:
//!
//! - **The offerer listens, the answerer dials** and then waits for the offer, in silence but for one space of ours,
//!   which proxies wait for and which every JSON parser takes. So a connection that opens
//!   and sends nothing is a client; a health check that connects and closes differs from one only by its end of file. The listener survives any number of those; health checks belong on another port all the same.
//! - **A key that they do not know is an error to them**, and so is the empty candidate that ends gathering. What is
//!   sent here is therefore one complete description without any extra key; what is received may hold further keys.
//! - **An end of file without `bye` makes them spin**: their `receive` returns without ever yielding, at 100 % CPU. So
//!   `bye` goes out before every close, also when a [`Connection`] is merely dropped; and the connection stays open for
//!   as long as the session lasts.
//!
//! This crate owns the wire and the two ways to a connection, [`Listener`] and [`dial`]; what the descriptions mean is
//! the business of others.

mod codec;
mod connection;
mod dialer;
mod endpoint;
mod excerpt;
mod family;
mod listener;
mod message;
mod resolver;

pub use codec::{CodecError, Decoder, MAX_LINE_BYTES, encode};
pub use connection::{BYE_LIMIT, Connection, ConnectionError, WRITE_LIMIT};
pub use dialer::{CONNECT_LIMIT, ConnectAttempt, DialError, dial, dial_until};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use family::Family;
pub use listener::{BindError, Listener};
pub use message::{Message, MessageError};
pub use resolver::{RESOLVE_LIMIT, RESOLVER_SLOW};
