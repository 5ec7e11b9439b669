//! The plugin as its users start it, against the API server that KUBECONFIG names; the operator's part, which is to write
//! statuses, is played by the tests. Without KUBECONFIG all is skipped, and says so.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod doctor;
mod gather;
mod harness;
mod run;
mod show;
mod wait;
