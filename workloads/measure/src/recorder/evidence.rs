//! What the server knows of itself and of all the packets that it sent.

use std::time::{Duration, Instant};

use crate::evidence::{NetworkSample, ProgramFigures, ProgramSample, ProgramSeries};

/// The server's part of the evidence.
#[derive(Debug)]
pub(crate) struct ServerEvidence {
    /// Of all sessions, with the newest round trip and jitter.
    pub(crate) network: NetworkSample,
    pub(crate) program: ProgramSeries,
    /// Of the whole run.
    pub(crate) sample: ProgramSample,
    frames_per_second: u32,
    started: Instant,
}

impl ServerEvidence {
    pub(super) fn new(started: Instant, frames_per_second: u32) -> Self {
        Self {
            network: NetworkSample::default(),
            program: ProgramSeries::default(),
            sample: ProgramSample::default(),
            frames_per_second,
            started,
        }
    }

    /// So much more was sent in a session.
    pub(super) fn sent(&mut self, new: &NetworkSample) {
        let all = self.network.joined(new);
        self.network = NetworkSample { round_trip: new.round_trip, jitter: new.jitter, ..all };
    }

    /// The server says what kept it from its work; `skipped` frames of those that were due were left out so far;
    /// the figures of a stretch of `least` are kept together.
    pub(super) fn add(&mut self, sample: ProgramSample, skipped: u64, now: Instant, least: Duration) {
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        let due =
            now.saturating_duration_since(self.started).as_secs_f64() * f64::from(self.frames_per_second);
        let figures = ProgramFigures {
            throttled_milliseconds: milliseconds(sample.throttled),
            pressure_milliseconds: milliseconds(sample.pressure),
            worst_lateness_milliseconds: milliseconds(sample.worst_lateness),
            shard_worst_lateness_milliseconds: milliseconds(sample.shard_worst_lateness),
            dropped: skipped,
            frames: due as u64,
        };
        self.program.add(now, figures, least);
        self.sample = ProgramSample {
            throttled: sample.throttled,
            pressure: sample.pressure,
            worst_lateness: self.sample.worst_lateness.max(sample.worst_lateness),
            shard_worst_lateness: self.sample.shard_worst_lateness.max(sample.shard_worst_lateness),
        };
    }
}
