//! The command line.

use std::time::Duration;

use clap::Parser;
use process::arguments;
use signaling::Endpoint;

use super::claim::Claim;

/// Many sessions in one process, which report every frame without decoding it.
#[derive(Debug, Clone, Parser)]
#[command(name = "ballsession-load", version)]
pub struct Arguments {
    /// Where the server's signalling listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) server: Endpoint,
    /// Sessions
    #[arg(long, value_name = "N", default_value = "100", value_parser = arguments::whole_number(1, 4000))]
    pub(crate) sessions: u32,
    /// Sessions that begin per second
    #[arg(long, value_name = "N", default_value = "50", value_parser = arguments::whole_number(1, 1000))]
    pub(crate) joins_per_second: u32,
    /// Threads that drive them
    #[arg(long, value_name = "N", default_value = "2", value_parser = arguments::whole_number(1, 64))]
    pub(crate) threads: u32,
    /// What they report of every complete frame
    #[arg(long, value_name = "CLAIM", value_enum, default_value_t = Claim::Position)]
    pub(crate) claim: Claim,
    /// Ends so long after all sessions work; or with SIGINT
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = arguments::duration)]
    pub(crate) duration: Duration,
    /// Sessions that do not work so long after the last one began are given up
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = arguments::duration)]
    pub(crate) give_up_after: Duration,
}
