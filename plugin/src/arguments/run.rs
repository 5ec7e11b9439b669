//! The arguments of `run`.

use std::time::Duration;

use clap::Args;
use process::arguments::{duration, whole_number};
use serde_json::{Map, Value};

use crate::arguments::values::{PlacementValue, length, objectives, session_name};
use crate::request::Request;
use crate::session_report::Format;

/// What a run may take beside the time that it measures, unless `--timeout` says else: pulling images, and starting.
const BESIDE_MEASURING: Duration = Duration::from_secs(300);

/// The arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// How long each client measures, from its first frame
    #[arg(long = "for", value_name = "DURATION", default_value = "30s", value_parser = length)]
    length: Duration,
    /// How many clients
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole_number(1, 100))]
    clients: u32,
    /// Where clients run
    #[arg(long, value_name = "WHERE", value_enum, ignore_case = true)]
    placement: Option<PlacementValue>,
    /// What counts as good, as error-p95=1,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,frames=300; the
    /// rest as in any session
    #[arg(long, value_name = "KEY=VALUE,…", value_parser = objectives)]
    require: Option<Map<String, Value>>,
    /// The session's name [default: run- and five letters]
    #[arg(long, value_parser = session_name)]
    name: Option<String>,
    /// Leaves the session behind
    #[arg(long)]
    pub(crate) keep: bool,
    /// The form of the numbers
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// How long to wait for the verdict [default: 5m more than --for]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// How long what may go by itself may keep the session from being measured [default: 5s to 15s, by reason]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) patience: Option<Duration>,
}

impl RunArguments {
    /// The session that is asked for.
    pub(crate) fn request(&self) -> Request {
        Request {
            name: self.name.clone(),
            length: self.length,
            clients: self.clients,
            placement: self.placement.map(|placement| placement.0),
            objectives: self.require.clone(),
            is_kept: self.keep,
        }
    }

    /// How long to wait.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.length + BESIDE_MEASURING)
    }
}
