//! A bad network between a server and clients, as a program.

use std::process::ExitCode;

use ballsession_bench::{program, relay};

fn main() -> ExitCode {
    program(relay::run)
}
