//! Reports on a real API server: the one that KUBECONFIG names. Without KUBECONFIG these tests are skipped, and say so.
//!
//! The children of the sessions are those that the operator would make, and the API server's own controllers make their
//! pods. No pod has to run: the tests speak for them, with tokens that are bound to them.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod encrypted;
mod endpoint;
mod junk;
mod numbers;
mod post;
mod rows;
mod strangers;
mod world;
