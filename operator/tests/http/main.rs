//! What the operator serves beside reports, on a real API server: the one that KUBECONFIG names. Without KUBECONFIG these tests
//! are skipped, and say so.
//!
//! The operator asks it with the rights that the manifests give it; who asks the operator are ServiceAccounts.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod access;
mod accounts;
mod pipeline;
mod requests;
mod scraper;
mod verdicts;
mod world;
