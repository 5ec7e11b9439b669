//! A session through the relay, and everything that anybody had to say about it.

use std::time::Duration;

use ballsession_tests::relay::{LONG_NAME, Log, Network, Relay};
use ballsession_tests::{Client, Server, assert_accounted};
use report::{ClientSummary, Summary};

/// A frame interval in RTP ticks.
pub(crate) const INTERVAL: u32 = 90_000 / 60;

/// Compares RTP timestamps, which begin anywhere and wrap.
pub(crate) fn is_after(timestamp: u32, other: u32) -> bool {
    timestamp.wrapping_sub(other).cast_signed() > 0
}

/// A frame of this video takes two packets in most cases, a keyframe takes a dozen.
pub(crate) const LARGE_FRAMES: &[&str] = &["--radius", "40", "--speed", "600"];

/// A frame of this video takes one packet, a keyframe takes a dozen.
pub(crate) const SMALL_FRAMES: &[&str] = &["--radius", "10"];

/// With a background that is not plain, and bits to spare, keyframes are several times as large as others.
const VIDEO: &[&str] = &["-v", "--fps", "60", "--background", "textured", "--bitrate-kbps", "20000"];

/// How long the packets of a session may take: several times as long as they do.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// What the client made of a frame of which every packet came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Decoded,
    Undecodable,
}

/// What was seen of a session.
#[derive(Debug)]
pub(crate) struct Observed {
    /// By the relay.
    pub(crate) log: Log,
    /// By the server.
    pub(crate) server: Summary,
    /// By the client.
    pub(crate) client: ClientSummary,
    /// Frame by frame, by the client.
    pub(crate) seen: Vec<(u32, Seen)>,
    /// From capture to report in milliseconds, frame by frame as the server matched them.
    pub(crate) matched: Vec<(u32, f64)>,
}

/// Runs a session of `video` until `packets` different packets went through `network`.
pub(crate) fn observe(network: Network, video: &[&str], packets: u64) -> Observed {
    observe_through(network, video, |relay| relay.wait_for_packets(packets, LIMIT))
}

/// As [`observe`], for as long as `weather` takes, which may change the network meanwhile.
pub(crate) fn observe_through(network: Network, video: &[&str], weather: impl FnOnce(&Relay)) -> Observed {
    let server = Server::start(&[VIDEO, video].concat());
    let relay = Relay::start(server.signaling(), network);
    let client = Client::start("c", relay.address(), &["-v", "--node", &"n".repeat(LONG_NAME)]);
    weather(&relay);
    let server = server.stop();
    let client = client.finish();
    assert_eq!((server.exited.code, client.exited.code), (Some(0), Some(0)), "{server:?} {client:?}");
    let observed = Observed {
        log: relay.finish(),
        seen: client.exited.stdout.iter().filter_map(|line| seen(line)).collect(),
        matched: server.exited.stdout.iter().filter_map(|line| matched(line)).collect(),
        server: server.summary,
        client: client.summary,
    };
    println!(
        "{:?} {:?} {:?}",
        observed.server.frames, observed.server.latency_milliseconds, observed.server.freezes
    );
    assert_accounted(&observed.server.frames);
    // A frame whose own report was lost or overtaken is known from the next one's, and has no line.
    let (printed, matched) = (observed.matched.len() as u64, observed.server.frames.matched);
    assert!(printed <= matched, "{printed} of {matched} were printed");
    observed
}

/// `frame 3000: ball at (1.0, 2.0), confidence 1.00`.
fn seen(line: &str) -> Option<(u32, Seen)> {
    let (timestamp, words) = line.strip_prefix("frame ")?.split_once(": ")?;
    Some((timestamp.parse().ok()?, if words == "undecodable" { Seen::Undecodable } else { Seen::Decoded }))
}

/// `c: frame 3000: reported (1.0, 2.0), true (1.0, 2.0), error 0.01 px, 3.10 ms`.
fn matched(line: &str) -> Option<(u32, f64)> {
    let (timestamp, words) = line.strip_prefix("c: frame ")?.split_once(": ")?;
    let (_, milliseconds) = words.strip_suffix(" ms")?.rsplit_once(", ")?;
    Some((timestamp.parse().ok()?, milliseconds.parse().ok()?))
}
