//! Whose report it is. In this order:
//!
//! 1. [`claims`]: what the token claims, for free;
//! 2. [`token_cache`]: what was found out about it before;
//! 3. [`rate_buckets`]: whether the API server may be asked now;
//! 4. [`identity`]: whether it accepts the token, and whose it is;
//! 5. [`owner_chain`]: whether that pod belongs to a session, and as what.

mod authenticator;
mod claims;
mod identity;
mod live;
mod owner_chain;
mod rate_buckets;
mod reporter;
mod token_cache;

pub(super) use authenticator::Authenticator;
pub(super) use reporter::Role;

#[cfg(test)]
mod tests;
