//! How the operator proves to the pods of sessions that it is the one to report to: by certificates of authorities of its
//! own, which it makes, stores, publishes and replaces.
//!
//! ```text
//! Secret <--store--> keeper --issuer--> keyring --current--> serving --> the listener for reports
//!                      '-- rotation (pure): when           '--bundle--> controller --> ConfigMaps --> pods
//!                      '-- publication <---- published <------------------------------'
//! ```
//! Every replica reads the keys, so that each can go on with them; only the one that leads makes and stores any. Nothing is
//! served or published that is not stored.

mod authority;
mod issuer;
mod keeper;
mod keyring;
mod metrics;
mod names;
mod publication;
mod published;
mod rotation;
#[cfg(test)]
mod senders;
mod serving;
#[cfg(test)]
mod simulation;
mod store;

pub use authority::{Authority, Issued, PrivateKey};
pub use issuer::Issuer;
pub use keeper::{Bundle, Certificates, Keeper, Lagging};
pub use keyring::{Former, Keyring};
pub use metrics::Metrics;
pub use names::names;
pub use published::lagging;
pub use rotation::{Issue, IssueError};
pub use store::Store;
