//! The command line of `wait`.

use std::time::Duration;

use clap::Args;
use process::arguments;

use crate::arguments::values;
use crate::wait::Options;

/// The longest wait: a run may measure for a week, and start before.
const LONGEST: Duration = Duration::from_secs(14 * 24 * 3600);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The session, whose spec has a duration
    #[arg(value_parser = values::subdomain)]
    name: String,
    /// Its namespace
    #[arg(short, long, value_name = "NAME", default_value = "default", value_parser = values::label)]
    namespace: String,
    /// After how long it is given up
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = arguments::duration_within(Duration::from_secs(1), LONGEST))]
    timeout: Duration,
}

impl From<Arguments> for Options {
    fn from(Arguments { name, namespace, timeout }: Arguments) -> Self {
        Self { name, namespace, timeout }
    }
}
