//! What the pods of sessions report, and the part of their status that is made of it.
//!
//! ```text
//! pod --POST /v1/reports--> api -> auth -> aggregate -> status -> writer --apply--> BallSession status
//!                                              '-> view ---------> controller
//! ```
//!
//! [`serve`] takes reports and [`write`] writes status; both share [`Reports`], which the controller asks as its
//! [`ReportSource`](crate::controller::report_source::ReportSource). Session and role of a report come from the
//! identity of its sender alone: nothing in its body or URL says whose it is. Everything is kept in memory and comes
//! back after a restart with the next reports, because these hold totals, not differences.

mod aggregate;
mod api;
mod api_server;
mod auth;
mod metrics;
mod notifier;
mod refusal;
#[cfg(test)]
mod restart_load;
mod service;
mod source;
mod status;
mod stores;
#[cfg(test)]
mod testing;
mod writer;

pub use api::serve;
pub use metrics::Metrics;
pub use service::Reports;
pub use writer::write;
