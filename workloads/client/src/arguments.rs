//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clap::Parser;
use clap::builder::BoolishValueParser;
use process::{Exit, HostName, Reporting, SummaryTarget, arguments};
use report::channel::{MAX_NAME, MAX_NODE, is_name};
use signaling::Endpoint;

use crate::fault::Fault;
use crate::relay::RelayArguments;

/// How long a client without --reconnect waits for media by default.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// Receives the ball over WebRTC, finds it in every frame, and reports where it is.
#[derive(Debug, Parser)]
#[command(name = "ballsession-client", version)]
pub(crate) struct Arguments {
    /// Where the server's signalling listens
    #[arg(long, env = "BALLSESSION_SERVER", value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) server: Endpoint,
    /// Where a page with the live picture, /healthz, /readyz, /status and /metrics are served; without it: nowhere
    #[arg(long, env = "BALLSESSION_HTTP", value_name = "IP:PORT", value_parser = arguments::address)]
    pub(crate) http: Option<SocketAddr>,
    /// Further name by which that may be asked for, besides addresses, localhost and names within a cluster; may be repeated
    #[arg(long = "http-host", env = "BALLSESSION_HTTP_HOST", value_name = "NAME", value_delimiter = ',')]
    pub(crate) http_hosts: Vec<HostName>,
    /// The client's name in the server's numbers [default: hostname and process id]
    #[arg(long, env = "BALLSESSION_ID", value_name = "NAME", value_parser = name(MAX_NAME))]
    id: Option<String>,
    /// The machine's name in the server's numbers [default: hostname]
    #[arg(long, env = "BALLSESSION_NODE", value_name = "NAME", value_parser = name(MAX_NODE))]
    node: Option<String>,
    /// Which attempt of its name it is, from whoever starts one after the other: the server lets a later one take over from an
    /// earlier one
    #[arg(long, env = "BALLSESSION_ATTEMPT", value_name = "N")]
    pub(crate) attempt: Option<u32>,
    /// How the ball is found: moments or contour
    #[arg(long, env = "BALLSESSION_DETECTOR", value_name = "NAME", default_value_t)]
    pub(crate) detector: detect::Kind,
    /// Ends this long after the first decoded frame, as 30s or 5m; without it: when stopped
    #[arg(long, env = "BALLSESSION_DURATION", value_name = "DURATION", value_parser = arguments::duration)]
    pub(crate) duration: Option<Duration>,
    /// Connects again when the server says bye or is gone
    #[arg(long, env = "BALLSESSION_RECONNECT", value_parser = BoolishValueParser::new())]
    pub(crate) reconnect: bool,
    /// Fails when no frame was decoded for this long [default: 30s; with --reconnect: never]
    #[arg(long, env = "BALLSESSION_GIVE_UP_AFTER", value_name = "DURATION", value_parser = arguments::duration)]
    give_up_after: Option<Duration>,
    /// Writes the client's numbers as JSON at the end; - is stdout, which is then nothing else
    #[arg(long, env = "BALLSESSION_SUMMARY", value_name = "FILE", value_parser = arguments::path::<SummaryTarget>())]
    pub(crate) summary: Option<SummaryTarget>,
    /// Local address for media, instead of the one that signalling leaves from; may be repeated
    #[arg(long = "ice-address", env = "BALLSESSION_ICE_ADDRESS", value_name = "IP", value_delimiter = ',', value_parser = arguments::ip)]
    pub(crate) ice_addresses: Vec<IpAddr>,
    #[command(flatten)]
    pub(crate) relay: RelayArguments,
    /// Injects a known fault: offset=5px, drop=2%, delay=300ms or freeze=1s, each with @seed if wanted; may be repeated
    #[arg(long = "fault", env = "BALLSESSION_FAULT", value_name = "FAULT", value_delimiter = ',')]
    pub(crate) faults: Vec<Fault>,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
    /// Prints every report, and logs what happens; the variable RUST_LOG, where it is not empty, says what is logged instead
    #[arg(short, long, env = "BALLSESSION_VERBOSE", value_parser = BoolishValueParser::new())]
    pub(crate) verbose: bool,
}

/// The command line; what is wrong with it has been printed when this fails.
pub(crate) fn parse() -> Result<Arguments, Exit> {
    let arguments: Arguments = arguments::parse()?;
    arguments.reporting.check().map_err(|problem| {
        eprintln!("error: {problem}");
        Exit::Usage
    })?;
    Ok(arguments)
}

impl Arguments {
    /// The client's name.
    pub(crate) fn id(&self) -> String {
        self.id.clone().unwrap_or_else(|| format!("{}-{}", hostname(), std::process::id()))
    }

    /// The machine's name.
    pub(crate) fn node(&self) -> String {
        self.node.clone().unwrap_or_else(hostname)
    }

    /// How long the client does without media, if not for ever.
    pub(crate) fn give_up_after(&self) -> Option<Duration> {
        self.give_up_after.or((!self.reconnect).then_some(GIVE_UP_AFTER))
    }
}

fn hostname() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // A hostname is at most 64 bytes on Linux; whatever else it may hold must not make a hello malformed.
    if is_name(&name, MAX_NODE) { name } else { "localhost".into() }
}

/// A name of up to `most` bytes, for `value_parser`.
fn name(most: usize) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |text| {
        let taken = is_name(text, most).then(|| text.to_owned());
        taken.ok_or_else(|| format!("must be 1 to {most} bytes without control or invisible characters"))
    }
}
