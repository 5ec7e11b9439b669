//! What each stage of a frame costs, as a program.

use std::process::ExitCode;

use ballsession_bench::stages::{Arguments, run};
use process::Exit;

/// The server's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Arguments = match process::arguments::parse() {
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
