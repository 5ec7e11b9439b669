//! The resource on a real API server: the one that KUBECONFIG names. Without KUBECONFIG these tests are skipped,
//! and say so.
//!
//! They install the CustomResourceDefinition and leave it; everything else is a dry run, or in a namespace that
//! goes again.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod accepted;
mod refused;
mod subresources;
