//! What makes a program a good citizen, shared by server, client and operator: arguments that are refused in one line, logs,
//! signals, lines for people, the HTTP endpoints of health and status, and summaries that are written whole or not at all.

pub mod arguments;
mod console;
mod exit;
mod exposition;
mod http;
mod logging;
mod output;
mod signals;

pub use console::Console;
pub use exit::Exit;
pub use exposition::Exposition;
pub use http::{Http, HttpError, Readiness, StatusSource};
pub use logging::{LogFormat, log_to_stderr, log_to_stderr_as};
pub use output::{SummaryTarget, WriteError};
pub use signals::{Stop, stop_signals};
