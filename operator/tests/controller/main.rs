//! The controller on a real API server: the one that KUBECONFIG names. Without KUBECONFIG these tests are skipped, and
//! say so.
//!
//! Kubernetes' own controllers make the servers' pods; no node runs them, so the tests play their part: they write what a
//! kubelet would write into the pods' status, and answer for the reports. Two tests store sessions around the schema, and take it
//! away for a moment.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod admitted;
mod adoption;
mod children;
mod client_pods;
mod co_owned;
mod conditions;
mod contested;
mod drill;
mod expectations;
mod former;
mod harness;
mod log;
mod make_way;
mod measured;
mod node;
mod paths;
mod placement;
mod platforms;
mod refused;
mod reports;
mod run_again;
mod runs;
mod sandboxed;
mod strangers;
mod unheard;
mod upgrade;
mod versions;
