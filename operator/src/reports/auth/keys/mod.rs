//! The API server's public keys: [`set`] reads them as [`public_key`]s, [`schedule`] says when to ask for them, and
//! [`current`] holds those that count now.

mod current;
mod public_key;
mod schedule;
mod set;

pub(super) use current::{CurrentKeys, Trust};
pub(super) use set::Signature;
