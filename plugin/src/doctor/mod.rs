//! What sessions need of a cluster and a namespace, and whether it is there.
//!
//! Each file is one subject: from what was read of it, or why it could not be, come lines. Pure; `commands::doctor` reads.

mod amount;
mod check;
mod definition;
mod leading;
mod lease;
mod operator;
mod pod_security;
mod policies;
mod quotas;
mod rights;
mod version;
mod watched;

pub(crate) use check::{Check, Level, Read, lines};
pub(crate) use definition::definition;
pub(crate) use leading::{Leading, leading};
pub(crate) use lease::lease;
pub(crate) use operator::operator;
pub(crate) use pod_security::pod_security;
pub(crate) use policies::policies;
pub(crate) use quotas::quotas;
pub(crate) use rights::{RIGHTS, Right, rights};
pub(crate) use version::version;
pub(crate) use watched::watched;
