//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use process::arguments;

/// Loads an operator with sessions whose pods only report, beside the API server that KUBECONFIG names: one for tests, as all of
/// it is left to it.
#[derive(Debug, Clone, Parser)]
#[command(name = "ballsession-operator-load", version)]
pub struct Arguments {
    /// Sessions, each with a server and two clients
    #[arg(long, value_name = "N", default_value = "1000", value_parser = arguments::whole_number(1, 4000))]
    pub(crate) sessions: u32,
    /// The operator's program [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) operator: Option<PathBuf>,
    /// How long it is counted what is written: while all report, and again while nobody does
    #[arg(long, value_name = "DURATION", default_value = "120s", value_parser = arguments::duration)]
    pub(crate) window: Duration,
    /// How long one thing is waited for
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = arguments::duration)]
    pub(crate) patience: Duration,
    /// Makes that many sessions one after the other instead, each deleted once it works, and then fifty at once of which some are
    /// deleted and pods die: what the operator takes of the machine before, between and after
    #[arg(long)]
    pub(crate) storm: bool,
    /// Leaves out how long the API server takes for the same objects without an operator
    #[arg(long)]
    pub(crate) without_baseline: bool,
}
