//! Whose report it is. In this order:
//!
//! 1. [`token`], [`claims`]: whether it is a token for us, by what it says of itself;
//! 2. [`keys`]: whether the API server has signed it;
//! 3. [`owner_chain`]: whether its pod belongs to a session, and as what, by what the watches know ([`objects`]).
//!
//! None of this asks the API server. It is asked for its keys once in a while, and about pods of which the watches know
//! nothing ([`look_ups`]); and where it does not give its keys away, about tokens ([`reviews`]).

mod algorithm;
mod authenticator;
mod claims;
mod identity;
mod keys;
mod look_ups;
mod objects;
mod owner_chain;
mod reporter;
mod review_status;
mod reviews;
mod token;
mod untrusted;

pub(super) use authenticator::Authenticator;
pub(super) use reporter::Role;
pub(super) use untrusted::claimed;

#[cfg(test)]
mod tests;
