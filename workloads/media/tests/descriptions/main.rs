//! Real descriptions, as the stacks of others wrote them, in both roles: [`table`] says what there is.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod damaged;
mod refused;
mod roles;
mod structure;
mod table;
mod variants;
