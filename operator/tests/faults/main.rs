//! The operator while its way to the API server fails, on the real one that KUBECONFIG names. Without KUBECONFIG these tests are
//! skipped, and say so.
//!
//! ```text
//! operator (process) --> way (faults) --> proxy (records) --> API server <-- the test: users, kubelets
//!         '<-------------------- posts -------------------------------------------'
//! ```
//! More than is tried each time: BALLSESSION_FAULT_SEEDS=20 tries so many seeds, and BALLSESSION_FAULT_AWAY=120s has the API server
//! away for so long.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod agreed;
mod cut_off;
mod deaf;
#[path = "../reporting/endpoint.rs"]
mod endpoint;
mod found;
mod life;
mod lives;
mod model;
mod pods;
#[path = "../reporting/post.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod post;
mod posts;
#[path = "../lease/proxy.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod proxy;
#[path = "../lease/replica.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod replica;
mod retry_after;
mod seen;
mod steps;
mod thousand;
mod way;
mod world;
