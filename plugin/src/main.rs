//! `kubectl ballsession …`: see [`arguments`].

mod arguments;
mod cluster;
mod commands;
mod diff;
mod doctor;
mod exit;
#[cfg(test)]
mod fixture;
mod forward;
mod gather;
mod request;
mod session;
mod session_report;

use std::process::ExitCode;

use clap::CommandFactory;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

fn main() -> ExitCode {
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    if let Command::Completion { shell } = arguments.command {
        commands::completion(shell, Arguments::command());
        return Exit::Done.into();
    }
    commands::block_on(arguments).into()
}
