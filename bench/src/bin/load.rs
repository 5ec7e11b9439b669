//! The load generator, as a program.

use std::process::ExitCode;

use ballsession_bench::{load, program};

/// As in the server: sessions allocate and free many small buffers on every frame.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    program(load::run)
}
