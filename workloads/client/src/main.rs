//! The client: receives the ball, finds it in every frame, and reports where it is.
//!
//! ```text
//! dial -> offer, answer -> receiver --frames--> decode -> detect --reports--> data channel
//!                                                 |--> counters --> console, HTTP, summary, reports
//!                                                 '--> preview --> pictures over HTTP
//! ```

mod arguments;
mod channel_wait;
mod counters;
mod decode_statistics;
mod failure;
mod fault;
mod foreign;
mod frame_decoder;
mod frame_wait;
mod gaps;
mod lateness;
mod next_family;
mod no_way;
mod obstacle;
mod outcome;
mod page;
mod receiver_statistics;
mod recovery;
mod relay;
mod report_source;
mod reporter;
mod run;
mod session;
mod status_source;
mod stopping;
mod unheard;

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
