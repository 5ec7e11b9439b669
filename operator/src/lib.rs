//! The operator: turns `BallSession` objects into running sessions, and what these report into their status.
//!
//! | module | owns | imports |
//! |---|---|---|
//! | [`run`] | the life of a run, pure | |
//! | [`session`] | what a session is: validated, named, labelled, hashed; pure | `run` |
//! | [`clients`] | which pods the clients of a session shall have; pure | `session`, `run` |
//! | [`cluster`] | the watches, what they keep, and whose it is | `session` |
//! | [`report_source`] | what the controller asks of the reports | `run`, `session` |
//! | [`lease`] | who may write, and takes reports | `session` |
//! | [`certificates`] | how the operator proves to pods that it is the one to report to | `lease`, `session` |
//! | [`reports`] | what pods report, and the part of the status that is made of it | `report_source` and what that imports |
//! | [`controller`] | children, pods of clients, and the rest of the status | `cluster`, `clients`, `report_source` and what these import |
//! | `verdict` | what a stored session says of its numbers to whoever acts on it; pure | `session`, `run` |
//! | [`http`] | health, metrics, the page of sessions and verdicts for machines, and who may see them | `cluster`, `verdict` |
//! | [`wait`] | waiting for the verdict of one session, without being the operator | `verdict` |
//! | [`operator`] | the process: wires all of them | everything |
//!
//! The status of a session has two writers with fields of their own, each a field manager that always applies a complete
//! set: the controller ([`controller`]) and the reports' writer ([`reports`]). Both write only while the lease is held, through
//! a client that sends nothing without it, and both on top of the version that they have read: the reason and message that are shown explain the conditions of both, and
//! are written by whoever changes one of these (`display`).

// Whole objects in tests are larger than what `json!` expands by default.
#![cfg_attr(test, recursion_limit = "512")]

mod api_call;
mod api_error;
pub mod arguments;
pub mod backoff;
pub mod certificates;
pub mod clients;
pub mod cluster;
mod conditions;
pub mod controller;
mod display;
mod failing;
mod figures;
pub mod http;
mod json;
mod kube_names;
pub mod lease;
mod leftovers;
pub mod operator;
mod quantity;
pub mod report_source;
pub mod reports;
pub mod run;
pub mod session;
pub mod settings;
mod timestamps;
mod token_hash;
mod verdict;
pub mod wait;
