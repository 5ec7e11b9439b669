//! The command line.

use std::net::SocketAddr;

use clap::Parser;
use process::arguments;

/// A bad network between a server and clients on loopback.
#[derive(Debug, Clone, Parser)]
#[command(name = "ballsession-relay", version)]
pub struct Arguments {
    /// Where the server's signalling listens
    #[arg(long, value_name = "IP:PORT", value_parser = arguments::address)]
    pub(crate) server: SocketAddr,
    /// Chooses which datagrams are hit
    #[arg(long, value_name = "N", default_value = "1", value_parser = arguments::natural_number)]
    pub(crate) seed: u64,
}
