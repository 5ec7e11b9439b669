//! The server: streams a bouncing ball to all who connect, and scores what they report.
//!
//! ```text
//! video (thread): scene -> encode -> packetise --frame--> fan-out (threads) <==WebRTC==> clients
//!      '-- truth --> recorder <-------------- events -------'
//!                      '--> views --> console, HTTP and its page, summary, verdict, reports
//! ```

mod advertised;
mod announced;
mod arguments;
mod evidence;
mod huge_pages;
mod lateness;
mod limits;
mod live;
mod media_events;
mod metrics;
mod page;
mod peer_log;
mod questions;
mod recorder;
mod report_source;
mod run;
mod session;
mod sessions;
mod status_source;
mod table;
mod unanswered;
mod verdicts;
mod video;
mod view;
mod views;

use std::process::ExitCode;

use huge_pages::HugePages;

/// Sessions allocate and free many small buffers on every frame: 18 % less CPU per frame and session than with the
/// system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let huge_pages = HugePages::disable();
    let (arguments, scene) = match arguments::parse() {
        Ok(parsed) => parsed,
        Err(exit) => return exit.into(),
    };
    process::log_to_stderr(arguments.verbose);
    let reporting = arguments.reporting.clone();
    process::run(&reporting, run::run(arguments, scene, huge_pages)).into()
}
