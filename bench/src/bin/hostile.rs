//! A peer that does its worst, as a program.

use std::process::ExitCode;

use ballsession_bench::{hostile, program};

fn main() -> ExitCode {
    program(hostile::run)
}
