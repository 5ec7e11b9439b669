//! What a server says that is reached by something in between, while it does not know at which address.

/// To whoever dials it; clients report it, and come again.
pub const AWAITS_ADDRESS: &str =
    "the server is not reachable for media yet: it waits for an address to advertise";
