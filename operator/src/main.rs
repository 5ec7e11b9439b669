//! The operator's program.

use std::process::ExitCode;

use ballsession_operator::{arguments, operator};
use process::Exit;

fn main() -> ExitCode {
    let options = match arguments::parse() {
        Ok(options) => options,
        Err(exit) => return exit.into(),
    };
    process::log_to_stderr_as(options.log_format, &options.log_filter());
    let exit = operator::run(options).unwrap_or_else(|error| {
        tracing::error!("{}", process::causes(&error));
        Exit::CouldNotRun
    });
    process::diagnostics::flush();
    exit.into()
}
