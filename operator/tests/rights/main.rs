//! What the operator may do and does, on a real API server: the one that KUBECONFIG names. Without KUBECONFIG these tests are
//! skipped, and say so.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod admitted;
mod attempt;
#[path = "../reporting/endpoint.rs"]
mod endpoint;
mod foreign;
mod life;
mod parts;
mod pods;
#[path = "../reporting/post.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod post;
#[path = "../lease/proxy.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod proxy;
mod refusal;
#[path = "../lease/replica.rs"]
#[allow(dead_code, reason = "it is of another suite, which uses the rest")]
mod replica;
mod used;
mod world;
