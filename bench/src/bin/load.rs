//! The load generator, as a program.

use std::process::ExitCode;

use ballsession_bench::load::{Arguments, run};
use process::Exit;

/// As in the server: sessions allocate and free many small buffers on every frame.
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
