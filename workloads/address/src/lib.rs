//! Addresses of sockets: as users write them, with zones, as one that listens has them, of both families, and as they are
//! compared and shown.
//!
//! It knows nothing of what goes over those sockets.

mod canonical;
mod listen;
mod parse;

pub use canonical::canonical;
pub use listen::listen;
pub use parse::{InvalidAddress, is_link_local, parse};
