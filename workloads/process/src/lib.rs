//! What makes a program a good citizen, shared by server, client and operator: arguments that are refused in one line,
//! logs, signals, lines for people, the HTTP endpoints of health and status, reports to the operator, and summaries that
//! are written whole or not at all.

pub mod arguments;
mod cgroup;
mod console;
mod exit;
mod exposition;
mod heartbeat;
mod http;
mod last_error;
mod logging;
mod metrics_text;
mod output;
pub mod pages;
mod program;
mod reporting;
mod signals;
mod termination;

pub use cgroup::{Cgroup, CpuHindrance};
pub use console::Console;
pub use exit::Exit;
pub use exposition::Exposition;
pub use heartbeat::{Heartbeat, NextBeat};
pub use http::{Endpoints, Http, HttpError, Readiness, StatusSource, health_routes};
pub use last_error::{last_error, state_line};
pub use logging::{LogFormat, log_to_stderr, log_to_stderr_as};
pub use metrics_text::metrics_answer;
pub use output::{SummaryTarget, WriteError};
pub use program::run;
pub use reporting::{Reporting, Reports};
pub use signals::{Stop, stop_signals};
pub use termination::TerminationMessage;
