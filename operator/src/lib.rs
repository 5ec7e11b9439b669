//! The operator: turns `BallSession` objects into running sessions, and what these report into their status.

// Whole objects in tests are larger than what `json!` expands by default.
#![cfg_attr(test, recursion_limit = "512")]

mod api_error;
pub mod arguments;
pub mod cluster;
mod conditions;
pub mod controller;
pub mod http;
pub mod lease;
pub mod operator;
pub mod report_source;
pub mod reports;
pub mod run;
pub mod session;
pub mod settings;
