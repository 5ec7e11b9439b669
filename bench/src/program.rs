//! What the programs have in common, from the command line to the exit code.

use std::process::ExitCode;

use clap::Parser;
use process::Exit;

/// Has `run` do what the command line says; an error of its becomes a line on stderr, and the exit code of what could
/// not run.
pub fn program<Arguments: Parser>(run: impl FnOnce(&Arguments) -> anyhow::Result<()>) -> ExitCode {
    let arguments = match process::arguments::parse() {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    process::log_to_stderr(false);
    let exit = run(&arguments).map(|()| Exit::Done).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Exit::CouldNotRun
    });
    exit.into()
}
