//! What networks do to datagrams, chosen by a seed.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

/// What waits in a link that is too slow; what would wait longer is lost.
pub(super) const LONGEST_QUEUE: Duration = Duration::from_millis(200);

/// In one direction, while there is trouble.
#[derive(Debug, Clone, Default)]
pub(super) struct Weather {
    /// The part that is lost, 0 to 1.
    pub(super) loss: f64,
    /// How many are lost in a row on average; without it each one's fate is its own.
    pub(super) burst: Option<f64>,
    /// The part that arrives twice.
    pub(super) duplicated: f64,
    /// How much later than others one may arrive, which is how they overtake each other.
    pub(super) jitter: Duration,
    /// As many bits a second get through.
    pub(super) kbps: Option<u64>,
    /// Larger ones are lost.
    pub(super) largest_bytes: Option<usize>,
    /// Times in which all are lost, from the beginning of the trouble on.
    pub(super) outages: Vec<Range<Duration>>,
}

/// A whole network.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) name: &'static str,
    /// How long everything takes, in either direction.
    pub(super) delay: Duration,
    pub(super) to_client: Weather,
    pub(super) to_server: Weather,
}

impl Network {
    /// The one that this seed stands for: its kind goes round, and the rest is chance.
    pub(super) fn of_seed(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let loss = 0.01 + 0.19 * rng.f64();
        let (name, to_client) = match seed % 8 {
            0 => ("loss", Weather { loss, ..Weather::default() }),
            1 => ("bursts", Weather { loss, burst: Some(2.0 + 18.0 * rng.f64()), ..Weather::default() }),
            2 => (
                "duplicates",
                Weather { duplicated: 0.3 * rng.f64(), loss: loss / 4.0, ..Weather::default() },
            ),
            3 => ("jitter", Weather { jitter: milliseconds(rng, 1..60), ..Weather::default() }),
            4 => ("a slow link", Weather { kbps: Some(rng.u64(150..700)), ..Weather::default() }),
            5 => ("outages", Weather { outages: outages(rng), ..Weather::default() }),
            6 => ("an MTU hole", Weather { largest_bytes: Some(rng.usize(200..1200)), ..Weather::default() }),
            _ => ("everything", everything(rng, loss)),
        };
        // Every other time what the client says is hit as well.
        let to_server = if seed % 16 < 8 { Weather::default() } else { everything(rng, loss) };
        // Some time at least: what is asked for comes after that, and not at once.
        Self { name, delay: milliseconds(rng, 1..80), to_client, to_server }
    }
}

fn everything(rng: &mut Rng, loss: f64) -> Weather {
    Weather {
        loss,
        burst: rng.bool().then(|| 2.0 + 8.0 * rng.f64()),
        duplicated: 0.1 * rng.f64(),
        jitter: milliseconds(rng, 0..40),
        kbps: rng.bool().then(|| rng.u64(400..2000)),
        largest_bytes: None,
        outages: if rng.bool() { outages(rng) } else { Vec::new() },
    }
}

/// One outage or more, each of 0.1 to 5 s.
fn outages(rng: &mut Rng) -> Vec<Range<Duration>> {
    let (mut outages, mut end) = (Vec::new(), Duration::ZERO);
    for _ in 0..rng.usize(1..4) {
        let begin = end + milliseconds(rng, 100..2000);
        end = begin + milliseconds(rng, 100..5000);
        outages.push(begin..end);
    }
    outages
}

fn milliseconds(rng: &mut Rng, range: Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(range))
}
