//! The operator: turns `BallSession` objects into running sessions, and what these report into their status.

// Whole objects in tests are larger than what `json!` expands by default.
#![cfg_attr(test, recursion_limit = "512")]

mod api_error;
pub mod arguments;
pub mod controller;
pub mod lease;
pub mod page;
pub mod reports;
pub mod run;
pub mod status;
