//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::BoolishValueParser;
use measure::Objectives;
use media::fanout::MediaPorts;
use media::packetise::PacketBytes;
use picture::Size;
use process::{Exit, HostName, Reporting, SummaryTarget, arguments};
use scene::Background;

use crate::advertised::Advertised;

/// Streams a bouncing ball over WebRTC and scores what clients report of it.
#[derive(Debug, Parser)]
#[command(name = "ballsession-server", version)]
pub(crate) struct Arguments {
    /// Where clients dial for signalling (TCP)
    #[arg(long, env = "BALLSESSION_LISTEN", value_name = "IP:PORT", default_value = "127.0.0.1:8080", value_parser = arguments::address)]
    pub(crate) listen: SocketAddr,
    /// Where the page for browsers, /healthz, /readyz, /status and /metrics are served
    #[arg(long, env = "BALLSESSION_HTTP", value_name = "IP:PORT", default_value = "127.0.0.1:8081", value_parser = arguments::address)]
    pub(crate) http: SocketAddr,
    /// Further name by which that may be asked for, besides addresses, localhost and names within a cluster; may be repeated
    #[arg(long = "http-host", env = "BALLSESSION_HTTP_HOST", value_name = "NAME", value_delimiter = ',')]
    pub(crate) http_hosts: Vec<HostName>,
    /// UDP ports for media, of every local address: a port or a range, as 50000-50010 [default: those the system gives]
    #[arg(long, env = "BALLSESSION_MEDIA_PORTS", value_name = "PORT[-PORT]")]
    pub(crate) media_ports: Option<MediaPorts>,
    /// Where clients reach media instead, by a Service, a node's port or a router, and nowhere else; may be repeated. Needs a
    /// single port of --media-ports
    #[arg(long, env = "BALLSESSION_ADVERTISE", value_name = "IP:PORT", value_delimiter = ',', value_parser = crate::advertised::address)]
    advertise: Vec<SocketAddr>,
    /// A file with such addresses, read for each client: while it is absent or empty, clients are told to come again
    #[arg(
        long,
        env = "BALLSESSION_ADVERTISE_FILE",
        value_name = "FILE",
        conflicts_with = "advertise",
        value_parser = clap::value_parser!(PathBuf)
    )]
    advertise_file: Option<PathBuf>,
    /// By which way the operator wants clients to reach media: for ClusterIP, NodePort and LoadBalancer its answers to reports say
    /// where that is, and until they do, clients are told to come again
    #[arg(long, env = "BALLSESSION_PATH", value_name = "NAME", conflicts_with_all = ["advertise", "advertise_file"])]
    pub(crate) path: Option<String>,
    /// Width of the video, pixels
    #[arg(long, env = "BALLSESSION_WIDTH", value_name = "PIXELS", default_value = "640", value_parser = arguments::even_number(64, 1920))]
    width: u32,
    /// Height of the video, pixels
    #[arg(long, env = "BALLSESSION_HEIGHT", value_name = "PIXELS", default_value = "480", value_parser = arguments::even_number(64, 1080))]
    height: u32,
    /// Frames per second
    #[arg(long, env = "BALLSESSION_FPS", value_name = "RATE", default_value = "30", value_parser = arguments::whole_number(5, 60))]
    pub(crate) fps: u32,
    /// Bitrate that the encoder aims at; a plain background needs less
    #[arg(long, env = "BALLSESSION_BITRATE_KBPS", value_name = "KBPS", default_value = "1000", value_parser = arguments::whole_number(50, 20_000))]
    pub(crate) bitrate_kbps: u32,
    /// Size of a full packet: bytes of RTP payload, to which headers and a tag add up to 76
    #[arg(long, env = "BALLSESSION_PACKET_BYTES", value_name = "BYTES", default_value = "1188", value_parser = packet_bytes)]
    pub(crate) packet_bytes: PacketBytes,
    /// Radius of the ball, pixels
    #[arg(long, env = "BALLSESSION_RADIUS", value_name = "PIXELS", default_value = "20", value_parser = arguments::number(4.0, 200.0))]
    radius: f64,
    /// Speed of the ball, pixels per second
    #[arg(long, env = "BALLSESSION_SPEED", value_name = "PIXELS", default_value = "270", value_parser = arguments::number(0.0, 5000.0))]
    speed: f64,
    /// What the ball moves over: plain or textured
    #[arg(long, env = "BALLSESSION_BACKGROUND", value_name = "NAME", default_value_t = Background::Plain)]
    pub(crate) background: Background,
    /// Chooses the ball's start and direction
    #[arg(long, env = "BALLSESSION_SEED", value_name = "N", default_value = "1", value_parser = arguments::natural_number)]
    seed: u64,
    /// Ends after this time, as 30s or 5m; without it: when stopped
    #[arg(long, env = "BALLSESSION_DURATION", value_name = "DURATION", value_parser = arguments::duration)]
    pub(crate) duration: Option<Duration>,
    /// Writes the numbers as JSON at the end; - is stdout, which is then nothing else
    #[arg(long, env = "BALLSESSION_SUMMARY", value_name = "FILE", value_parser = arguments::path::<SummaryTarget>())]
    pub(crate) summary: Option<SummaryTarget>,
    /// The window of "recent" numbers
    #[arg(long, env = "BALLSESSION_WINDOW", value_name = "DURATION", default_value = "60s", value_parser = arguments::duration_within(Duration::from_secs(5), Duration::from_secs(3600)))]
    pub(crate) window: Duration,
    /// Exit 3 unless met: error-p95=1,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,recovery=10s,frames=300
    #[arg(long, env = "BALLSESSION_REQUIRE", value_name = "KEY=VALUE,…")]
    pub(crate) require: Option<Objectives>,
    /// Local address for media, instead of the one that signalling arrives at; may be repeated
    #[arg(long = "ice-address", env = "BALLSESSION_ICE_ADDRESS", value_name = "IP", value_delimiter = ',', value_parser = arguments::ip)]
    pub(crate) ice_addresses: Vec<IpAddr>,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
    /// Prints every report, and logs what happens; the variable RUST_LOG, where it is not empty, says what is logged instead
    #[arg(short, long, env = "BALLSESSION_VERBOSE", value_parser = BoolishValueParser::new())]
    pub(crate) verbose: bool,
}

/// The command line, and the scene it asks for; what is wrong with either has been printed when this fails.
pub(crate) fn parse() -> Result<(Arguments, scene::Settings), Exit> {
    let arguments: Arguments = arguments::parse()?;
    let checked = arguments.reporting.check().and_then(|()| arguments.check_advertised());
    let scene = checked.and_then(|()| arguments.scene());
    let scene = scene.map_err(|problem| {
        eprintln!("error: {problem}");
        Exit::Usage
    })?;
    Ok((arguments, scene))
}

fn packet_bytes(text: &str) -> Result<PacketBytes, String> {
    let (smallest, largest) = (PacketBytes::SMALLEST, PacketBytes::LARGEST);
    let bytes = arguments::whole_number(smallest.into(), largest.into())(text)?;
    u16::try_from(bytes)
        .ok()
        .and_then(PacketBytes::new)
        .ok_or_else(|| format!("must be from {smallest} to {largest}"))
}

impl Arguments {
    /// Where clients reach media.
    pub(crate) fn advertised(&self) -> Advertised {
        let by_operator = self.path.as_deref().and_then(Advertised::by);
        by_operator.unwrap_or_else(|| Advertised::new(self.advertise.clone(), self.advertise_file.clone()))
    }

    /// What leads to one port has to find all sessions there.
    fn check_advertised(&self) -> Result<(), String> {
        let is_single = self.media_ports.is_some_and(|ports| ports.count() == 1);
        match self.advertised() {
            Advertised::Own => Ok(()),
            _ if is_single => Ok(()),
            Advertised::At(_) | Advertised::In(_) | Advertised::By(_) => Err(
                "--advertise, --advertise-file and --path need --media-ports with a single port, to which the advertised addresses lead"
                    .to_owned(),
            ),
        }
    }

    /// Fails where values do not go together: each alone was checked before.
    fn scene(&self) -> Result<scene::Settings, String> {
        let size = Size::new(self.width as usize, self.height as usize).map_err(|error| error.to_string())?;
        let settings = scene::Settings { size, radius: self.radius, speed: self.speed, seed: self.seed };
        settings.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }
}
