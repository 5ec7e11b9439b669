//! What each stage of a frame costs, as a program.

use std::process::ExitCode;

use ballsession_bench::{program, stages};

/// The server's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    program(stages::run)
}
