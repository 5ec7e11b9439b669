//! What makes a program a good citizen, shared by server, client and operator: arguments that are refused in one line,
//! logs, signals, lines for people, the HTTP endpoints of health and status, reports to the operator, and summaries that
//! are written whole or not at all. Nothing of it waits for ever for whoever reads what it writes.

pub mod arguments;
mod bucket;
mod causes;
mod cgroup;
pub mod connections;
mod console;
pub mod diagnostics;
mod exit;
mod exposition;
mod heartbeat;
mod http;
mod last_error;
mod lines;
mod logging;
mod metrics_text;
pub mod pages;
mod program;
mod reporting;
mod signals;
mod summary;
mod termination;

pub use bucket::Bucket;
pub use causes::causes;
pub use cgroup::{Cgroup, CpuHindrance};
pub use console::Console;
pub use exit::Exit;
pub use exposition::Exposition;
pub use heartbeat::{Heartbeat, NextBeat};
pub use http::{Endpoints, HostName, Http, HttpError, Readiness, StatusSource, health_routes};
pub use last_error::{last_error, state_line};
pub use logging::{LogFormat, log_to_stderr, log_to_stderr_as};
pub use metrics_text::metrics_answer;
pub use program::run;
pub use reporting::{Reporting, Reports};
pub use signals::{Stop, stop_signals};
pub use summary::{SummaryTarget, WriteError};
pub use termination::TerminationMessage;
