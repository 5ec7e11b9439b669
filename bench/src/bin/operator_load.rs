//! The load of the operator, as a program.

use std::process::ExitCode;

use ballsession_bench::{operator_load, program};

fn main() -> ExitCode {
    program(operator_load::run)
}
