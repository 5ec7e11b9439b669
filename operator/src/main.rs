//! The operator's program.

use std::process::ExitCode;

use ballsession_operator::arguments::{self, Invocation};
use ballsession_operator::{operator, wait};
use process::Exit;

fn main() -> ExitCode {
    let ended = match arguments::parse() {
        Ok(Invocation::Run(options)) => {
            process::log_to_stderr_as(options.log_format, &options.log_filter());
            operator::run(*options)
        }
        Ok(Invocation::Wait(options)) => {
            process::log_to_stderr_as(process::LogFormat::Text, "info");
            wait::run(&options)
        }
        Err(exit) => return exit.into(),
    };
    let exit = ended.unwrap_or_else(|error| {
        tracing::error!("{}", process::causes(&error));
        Exit::CouldNotRun
    });
    process::diagnostics::flush();
    exit.into()
}
