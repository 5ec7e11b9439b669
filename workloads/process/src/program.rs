//! A program from its arguments to its exit.

use std::future::Future;
use std::time::Duration;

use crate::causes::causes;
use crate::diagnostics;
use crate::exit::Exit;
use crate::reporting::Reporting;

/// How long the end waits for what cannot be cancelled: a name lookup may hang in a thread of the system's.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(200);

/// Runs `program` to its end, on one thread: tasks only wait, media and decoding have threads of their own. An error
/// becomes a line on stderr, and the last termination message where `reporting` keeps one.
pub fn run(reporting: &Reporting, program: impl Future<Output = anyhow::Result<Exit>>) -> Exit {
    let exit = block_on(program).unwrap_or_else(|error| {
        let line = format!("error: {}", causes(&error));
        reporting.failed(&line);
        diagnostics::print_last(&line);
        Exit::CouldNotRun
    });
    diagnostics::flush();
    exit
}

fn block_on(program: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(program);
    runtime.shutdown_timeout(SHUTDOWN_LIMIT);
    exit
}
