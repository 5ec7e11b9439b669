//! What is in deploy/: that it is up to date and asks for no more rights than it should, and on a real API server, the
//! one that KUBECONFIG names, that it does what it is meant to. Without KUBECONFIG that part is skipped, and says so.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod bundle;
mod chart;
mod files;
mod gates;
mod install;
mod kustomize;
mod network;
mod renamed;
mod rights;
mod samples;
mod wait;
