//! The commands: each asks the API server for something, and prints what the pure parts make of it.

mod completion;
mod current;
mod diff;
mod doctor;
mod follow;
mod gather;
mod gathered;
mod open;
mod output;
mod run;
mod show;
mod wait;

use std::time::Duration;

use anyhow::Result;

use crate::arguments::{Arguments, Command};
use crate::cluster::connect;
use crate::exit::Exit;

pub(crate) use completion::completion;

/// How long the end waits for what cannot be cancelled: a name look-up may hang in a thread of the system's.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(200);

/// Runs the command to its end; what it could not do is a line on stderr.
pub(crate) fn block_on(arguments: Arguments) -> Exit {
    let exit = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::new)
        .and_then(|runtime| {
            let exit = runtime.block_on(command(arguments));
            runtime.shutdown_timeout(SHUTDOWN_LIMIT);
            exit
        });
    exit.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Exit::CouldNotRun
    })
}

async fn command(arguments: Arguments) -> Result<Exit> {
    let Arguments { target, command } = arguments;
    match command {
        Command::Run(arguments) => run::run(&connect(&target).await?, &arguments).await,
        Command::Wait { name, goal, timeout, patience } => {
            wait::wait(&connect(&target).await?, &name, goal, timeout, patience).await
        }
        Command::Status { name: Some(name), .. } => show::status(&connect(&target).await?, &name).await,
        Command::Status { name: None, all_namespaces } => {
            show::list(&connect(&target).await?, all_namespaces).await
        }
        Command::Report { name, output } => show::report(&connect(&target).await?, &name, output).await,
        Command::Diff { a, b, output } => diff::diff(&target, &a, &b, output).await,
        Command::Doctor { operator_namespace } => {
            doctor::doctor(&connect(&target).await?, &operator_namespace).await
        }
        Command::Open { name, port, browser } => {
            open::open(&connect(&target).await?, &name, port, browser).await
        }
        Command::Gather { name, output, operator_namespace } => {
            gather::gather(&connect(&target).await?, &name, output, &operator_namespace).await
        }
        // Needs neither a cluster nor a runtime: `main` has done it.
        Command::Completion { .. } => Ok(Exit::Done),
    }
}
