//! The client: receives the ball, finds it in every frame, and reports where it is.
//!
//! ```text
//! dial -> offer, answer -> receiver --frames--> decode thread: decode -> detect --reports--> data channel
//!                                                 |--> counters --> console, HTTP, summary, reports
//!                                                 '--> preview --> pictures over HTTP
//! ```

mod arguments;
mod counters;
mod decode_statistics;
mod decode_thread;
mod fault;
mod foreign;
mod gaps;
mod next_family;
mod obstacle;
mod outcome;
mod page;
mod receiver_statistics;
mod report_source;
mod reporter;
mod run;
mod session;
mod status_source;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    process::log_to_stderr(arguments.verbose);
    let reporting = arguments.reporting.clone();
    process::run(&reporting, run::run(arguments)).into()
}
