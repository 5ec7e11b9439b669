//! A session through the relay, and everything that anybody had to say about it.

use std::time::Duration;

use ballsession_tests::relay::{Log, Network, Relay};
use ballsession_tests::{Client, Server};
use report::{ClientSummary, Summary};

/// Frames that the server captures per second.
pub const FRAMES_PER_SECOND: u32 = 60;

/// How long the packets of a session may take: five times as long as they should.
const LIMIT: Duration = Duration::from_secs(50);

/// What the client made of a frame of which every packet came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Decoded,
    Undecodable,
}

/// What was seen of a session.
#[derive(Debug)]
pub struct Observed {
    /// By the relay.
    pub log: Log,
    /// By the server.
    pub server: Summary,
    /// By the client.
    pub client: ClientSummary,
    /// Frame by frame, by the client.
    pub seen: Vec<(u32, Seen)>,
    /// From capture to report in milliseconds, frame by frame as the server took them in.
    pub latencies: Vec<(u32, f64)>,
}

/// Runs a session until `packets` different packets of video went through `network`.
pub fn observe(network: Network, packets: u64, args: &[&str]) -> Observed {
    let rate = FRAMES_PER_SECOND.to_string();
    let server = Server::start(&[&["-v", "--fps", &rate], args].concat());
    let relay = Relay::start(server.signaling(), network);
    let client = Client::start("c", relay.address(), &["-v"]);
    relay.wait_for_packets(packets, LIMIT);
    let server = server.stop();
    let client = client.finish();
    assert_eq!((server.exited.code, client.exited.code), (Some(0), Some(0)), "{server:?} {client:?}");
    Observed {
        log: relay.finish(),
        seen: client.exited.stdout.iter().filter_map(|line| seen(line)).collect(),
        latencies: server.exited.stdout.iter().filter_map(|line| latency(line)).collect(),
        server: server.summary,
        client: client.summary,
    }
}

/// `frame 3000: ball at (1.0, 2.0), confidence 1.00`.
fn seen(line: &str) -> Option<(u32, Seen)> {
    let (timestamp, words) = line.strip_prefix("frame ")?.split_once(": ")?;
    Some((timestamp.parse().ok()?, if words == "undecodable" { Seen::Undecodable } else { Seen::Decoded }))
}

/// `c: frame 3000: reported (1.0, 2.0), true (1.0, 2.0), error 0.01 px, 3.10 ms`.
fn latency(line: &str) -> Option<(u32, f64)> {
    let (timestamp, words) = line.strip_prefix("c: frame ")?.split_once(": ")?;
    let (_, milliseconds) = words.strip_suffix(" ms")?.rsplit_once(", ")?;
    Some((timestamp.parse().ok()?, milliseconds.parse().ok()?))
}
