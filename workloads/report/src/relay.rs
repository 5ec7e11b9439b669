//! What a client says of the relay that it was given, as far as others have to tell it from anything else.

/// What each such message has.
pub const SUBJECT: &str = "the relay ";

/// The same where it is about the password that the client was given, and no relay was asked.
pub const PASSWORD: &str = "the relay's password";

/// Between the relay and why nobody knows where it is.
pub const UNRESOLVED: &str = " has no address: ";
