//! What became of the frames of one client, of all clients, or of a stretch of time.

use hdrhistogram::Counter;
use report::{ErrorPixels, Frames, Freezes, LatencyMilliseconds, significant};

use super::{
    distribution::Distribution,
    entry::{Entry, Fate},
    histogram::{ERROR_PIXELS, Histograms, LATENCY_SECONDS},
};

/// Counters and distributions. `C` is the type of the histograms' counters.
#[derive(Debug, Clone)]
pub(crate) struct FrameStatistics<C: Counter> {
    pub(crate) frames: Frames,
    error: Distribution<C>,
    latency: Distribution<C>,
    steps: u64,
    freezes: u64,
    longest_extra_intervals: u64,
    /// Frames with the fate [`Fate::Aligned`].
    aligned: u64,
}

impl<C: Counter> FrameStatistics<C> {
    pub(crate) fn new(significant_digits: u8) -> Self {
        Self {
            frames: Frames::default(),
            // A good detector is off by some thousandths of a pixel.
            error: Distribution::new(1e-4, significant_digits),
            latency: Distribution::new(1e-6, significant_digits),
            steps: 0,
            freezes: 0,
            longest_extra_intervals: 0,
            aligned: 0,
        }
    }

    /// Counts an entry.
    pub(crate) fn record(&mut self, entry: Entry) {
        match entry {
            Entry::Sent => {
                self.frames.sent += 1;
                self.frames.pending += 1;
            }
            Entry::Withdrawn => {
                self.frames.sent -= 1;
                self.frames.pending -= 1;
            }
            Entry::Settled(fate) => {
                self.frames.pending -= 1;
                self.settle(fate);
            }
            Entry::Stepped(step) => {
                self.steps += 1;
                self.freezes += u64::from(step.is_freeze);
                self.longest_extra_intervals = self.longest_extra_intervals.max(step.extra_intervals);
            }
            Entry::Duplicate => self.frames.duplicate += 1,
            Entry::Malformed => self.frames.malformed += 1,
        }
    }

    fn settle(&mut self, fate: Fate) {
        match fate {
            Fate::Matched { error, latency } => {
                self.frames.matched += 1;
                self.error.record(error);
                self.latency.record(latency.as_secs_f64());
            }
            Fate::Estimated { error, latency } => {
                self.frames.estimated += 1;
                self.error.record(error);
                self.latency.record(latency.as_secs_f64());
            }
            Fate::Aligned { .. } => {
                self.frames.estimated += 1;
                self.aligned += 1;
            }
            Fate::Lost => self.frames.lost += 1,
            Fate::Late => self.frames.late += 1,
            Fate::Undecodable => self.frames.undecodable += 1,
            Fate::Undetected => self.frames.undetected += 1,
        }
    }

    /// Adds the error of an aligned frame, which is fit for its client's own numbers and not to be mixed with others.
    pub(crate) fn add_error(&mut self, error: f64) {
        self.error.record(error);
    }

    /// Adds what `other` has.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        self.error.merge(&other.error);
        self.latency.merge(&other.latency);
        self.steps += other.steps;
        self.freezes += other.freezes;
        self.longest_extra_intervals = self.longest_extra_intervals.max(other.longest_extra_intervals);
        self.aligned += other.aligned;
    }

    /// Back to nothing, keeping the memory.
    pub(crate) fn reset(&mut self) {
        self.frames = Frames::default();
        self.error.reset();
        self.latency.reset();
        self.steps = 0;
        self.freezes = 0;
        self.longest_extra_intervals = 0;
        self.aligned = 0;
    }

    /// As it is written; `None` where no frame matched.
    pub(crate) fn error_pixels(&self) -> Option<ErrorPixels> {
        (!self.error.is_empty()).then(|| ErrorPixels {
            mean: significant(self.error.mean()),
            p50: significant(self.error.quantile(0.50)),
            p95: significant(self.error.quantile(0.95)),
            max: significant(self.error.max()),
        })
    }

    /// As it is written; `None` where no frame matched.
    pub(crate) fn latency_milliseconds(&self) -> Option<LatencyMilliseconds> {
        (!self.latency.is_empty()).then(|| LatencyMilliseconds {
            p50: significant(self.latency.quantile(0.50) * 1e3),
            p95: significant(self.latency.quantile(0.95) * 1e3),
            max: significant(self.latency.max() * 1e3),
        })
    }

    /// Of the same samples, for monitoring.
    pub(crate) fn histograms(&self) -> Histograms {
        Histograms {
            error_pixels: self.error.histogram(&ERROR_PIXELS),
            latency_seconds: self.latency.histogram(&LATENCY_SECONDS),
        }
    }

    /// As it is written; `None` where there was no step, that is less than two decoded frames.
    pub(crate) fn freezes(&self, frames_per_second: u32) -> Option<Freezes> {
        let longest = self.longest_extra_intervals as f64 / f64::from(frames_per_second.max(1));
        (self.steps > 0)
            .then(|| Freezes { count: self.freezes, longest_milliseconds: significant(longest * 1e3) })
    }

    /// As it is written. Aligned frames are left out: what else was sent to their clients is not known.
    pub(crate) fn loss_percent(&self) -> Option<f64> {
        let sent = self.frames.sent - self.aligned;
        Frames { sent, ..self.frames }.loss_percent().map(significant)
    }
}
