//! What the measurement costs a server: processor time of each report, and memory of each client.
//!
//! `cargo run --release -p ballsession-measure --example cost [CLIENTS [SECONDS]]`
//!
//! The server does much else between two reports of a client, so that little of what is known of that client is in the
//! processor's cache when its next report comes: here a walk through other memory does the same. How many instructions
//! run, which no other load on the machine changes, is shown by
//! `valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*::timed*' TARGET/release/examples/cost 100 20`.

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use ballsession_measure::{Measurement, NetworkSample, ProgramSample, SessionId, Settings, Truth};
use picture::{Point, Size};
use report::channel::{ClientStats, FrameOutcome, FrameReport, Hello, Message, Previous};

const FRAMES_PER_SECOND: u32 = 30;

/// Reports between two walks through other memory, as many as the server takes in at a time.
const BATCH: usize = 32;

/// Somewhat more than the cache of a core.
const OTHER_MEMORY: usize = 1 << 20;

/// What clients say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The position, as clients of the version before do.
    Plain,
    /// Besides for how long the frame was held and what became of those before; and once a second the client's counters.
    Full,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let clients = arguments.next().transpose()?.unwrap_or(100);
    let seconds = arguments.next().transpose()?.unwrap_or(90);
    println!(
        "{clients} clients, {seconds} s at {FRAMES_PER_SECOND} frames per second; nanoseconds per report:"
    );
    println!(
        "reports  capture  message  second  in all   judging and summary, microseconds   bytes per client"
    );
    for kind in [Kind::Plain, Kind::Full] {
        println!("{}", Run::new(kind, clients).measure(seconds));
    }
    Ok(())
}

/// Processor time of a part, in all.
#[derive(Debug, Default)]
struct Cost(Duration);

impl Cost {
    fn timed<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = timed(work);
        self.0 += began.elapsed();
        done
    }

    fn per(&self, times: u64) -> f64 {
        self.0.as_nanos() as f64 / times.max(1) as f64
    }
}

#[inline(never)]
fn timed<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// A run on virtual time.
struct Run {
    kind: Kind,
    clients: u64,
    started: Instant,
    measurement: Measurement,
    other_memory: Vec<u64>,
    random: u64,
    previous: Previous,
}

impl Run {
    fn new(kind: Kind, clients: u32) -> Self {
        let started = Instant::now();
        let measurement = Measurement::new(Settings {
            instance: "0123456789abcdef".into(),
            size: Size::new(640, 480).expect("both are even"),
            frames_per_second: FRAMES_PER_SECOND,
            window: Duration::from_secs(60),
            started,
            started_at: jiff::Timestamp::UNIX_EPOCH,
        });
        let other_memory = vec![1; OTHER_MEMORY / size_of::<u64>()];
        let (clients, previous) = (clients.into(), Previous::default());
        Self { kind, clients, started, measurement, other_memory, random: 1, previous }
    }

    fn measure(mut self, seconds: u32) -> String {
        let before = resident();
        self.connect();
        let (mut capture, mut message, mut second, mut views) =
            (Cost::default(), Cost::default(), Cost::default(), Cost::default());
        for frame in 0..seconds * FRAMES_PER_SECOND {
            let timestamp = frame * (90_000 / FRAMES_PER_SECOND);
            let captured = self.started + Duration::from_secs(frame.into()) / FRAMES_PER_SECOND;
            let position = Point { x: f64::from(frame * 9 % 600), y: f64::from(frame * 7 % 400) };
            self.evict();
            let measurement = &mut self.measurement;
            capture.timed(|| measurement.captured(Truth { timestamp, position, captured }));
            let reports = self.reports(timestamp, captured, position);
            for batch in reports.chunks(BATCH) {
                self.evict();
                let measurement = &mut self.measurement;
                message.timed(|| {
                    for (client, at, text) in batch {
                        black_box(measurement.message(*client, *at, text.as_bytes()));
                    }
                });
            }
            let written = captured + Duration::from_micros(1500);
            self.measurement.frame_written(timestamp, written);
            if frame % FRAMES_PER_SECOND == FRAMES_PER_SECOND - 1 {
                self.second(captured, frame, &mut second);
                let measurement = &self.measurement;
                views.timed(|| black_box((measurement.judged(captured), measurement.summary(captured))));
            }
        }
        let reports = self.clients * u64::from(seconds * FRAMES_PER_SECOND);
        let costs = [&capture, &message, &second].map(|cost| cost.per(reports));
        let bytes = resident().saturating_sub(before) / self.clients.max(1);
        let mut row = format!("{:<7}", format!("{:?}", self.kind).to_lowercase());
        for cost in costs.into_iter().chain([costs.iter().sum()]) {
            let _ = write!(row, "  {cost:>7.0}");
        }
        format!("{row}   {:>34.0}   {bytes:>16}", views.per(seconds.into()) / 1e3)
    }

    fn connect(&mut self) {
        for client in 0..self.clients {
            let id = SessionId(client);
            self.measurement.connect(id, ([127, 0, 0, 1], 5000).into(), self.started);
            let hello = Message::Hello(Hello::new(format!("load-{client}")));
            self.measurement.message(id, self.started, hello.to_text().as_bytes());
            self.measurement.start_counting(id, 0);
        }
    }

    /// The reports of a frame, and when they come.
    fn reports(
        &mut self,
        timestamp: u32,
        captured: Instant,
        truth: Point,
    ) -> Vec<(SessionId, Instant, String)> {
        let previous = self.previous;
        let report = |run: &mut Self, client| {
            let share = run.share();
            let latency = Duration::from_secs_f64(0.0015 * 4f64.powf(share));
            let x = ((truth.x + 0.001 * 20f64.powf(share)) * 1e4).round() / 1e4;
            let outcome = FrameOutcome::Position { x, y: truth.y, confidence: 0.9876 };
            let report = FrameReport::new(timestamp, outcome);
            let report = match run.kind {
                Kind::Plain => report,
                Kind::Full => FrameReport { held_microseconds: Some(1234), previous, ..report },
            };
            (SessionId(client), captured + latency, Message::Frame(report).to_text())
        };
        let mut reports: Vec<_> = (0..self.clients).map(|client| report(self, client)).collect();
        // They come in no order.
        let len = reports.len();
        (1..len).for_each(|place| reports.swap(place, (self.share() * place as f64) as usize));
        let seen = FrameOutcome::Position { x: truth.x + 0.0057, y: truth.y + 0.0013, confidence: 1.0 };
        self.previous.push(timestamp, seen);
        reports
    }

    /// What happens once a second.
    fn second(&mut self, now: Instant, frame: u32, cost: &mut Cost) {
        let packets = u64::from(frame) * 4;
        let stats = ClientStats {
            packets_received: packets,
            frames_received: frame.into(),
            longest_gap: Some(36.5),
            since_decoded: Some(12.5),
            ..ClientStats::default()
        };
        let stats = (self.kind == Kind::Full).then(|| Message::Stats(stats).to_text());
        let sample = NetworkSample { packets_sent: packets, ..NetworkSample::default() };
        self.evict();
        let (clients, measurement) = (self.clients, &mut self.measurement);
        cost.timed(|| {
            for client in (0..clients).map(SessionId) {
                measurement.network_sample(client, sample, now);
                if let Some(stats) = &stats {
                    measurement.message(client, now, stats.as_bytes());
                }
            }
            measurement.expire_lost(now);
            measurement.server_evidence(ProgramSample::default(), now);
        });
    }

    /// Walks through other memory.
    fn evict(&mut self) {
        self.other_memory.iter_mut().step_by(8).for_each(|word| *word = word.wrapping_mul(3));
        black_box(&self.other_memory);
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as f64 / f64::from(u32::MAX >> 1)
    }
}

/// The resident memory of this process in bytes, as Linux has it; 0 elsewhere.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}
