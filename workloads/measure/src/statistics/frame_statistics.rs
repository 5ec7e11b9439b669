//! What became of the frames of one client, of all clients, or of a stretch of time.

use std::time::Duration;

use report::{ErrorPixels, Frames, Freezes, Gaps, LatencyMilliseconds, LatencySplit, significant};

use super::{
    compact::Compact,
    distribution::Distribution,
    entry::{Entry, Fate},
    histogram::{ERROR_PIXELS, Histograms, LATENCY_SECONDS},
    samples::Samples,
    split::{Split, SplitStatistics},
};

/// A good detector is off by some thousandths of a pixel.
const ERROR_UNIT: f64 = 1e-4;
/// In seconds.
const LATENCY_UNIT: f64 = 1e-6;

/// Counters and distributions.
#[derive(Debug, Clone)]
pub(crate) struct FrameStatistics<D: Samples> {
    pub(crate) frames: Frames,
    error: D,
    latency: D,
    /// Not kept in the windows of single clients, where it would take more than all the rest.
    split: Option<Box<SplitStatistics>>,
    steps: u64,
    gaps: u64,
    longest_extra_intervals: u64,
    freezes: u64,
    longest_gap: Option<Duration>,
    wanted: Duration,
    /// Frames with the fate [`Fate::Aligned`]. Their errors are fit for their client's own numbers and not to be mixed with
    /// others.
    aligned: u64,
    is_of_client: bool,
}

impl FrameStatistics<Distribution<u64>> {
    /// Of all clients, over the whole run.
    pub(crate) fn of_run() -> Self {
        Self::new(|unit| Distribution::new(unit, 3), true, false)
    }

    /// Of the same samples, for monitoring.
    pub(crate) fn histograms(&self) -> Histograms {
        Histograms {
            error_pixels: self.error.histogram(&ERROR_PIXELS),
            latency_seconds: self.latency.histogram(&LATENCY_SECONDS),
        }
    }
}

impl FrameStatistics<Distribution<u32>> {
    /// Of one client, over the whole run.
    pub(crate) fn of_client() -> Self {
        Self::new(|unit| Distribution::new(unit, 2), true, true)
    }
}

impl FrameStatistics<Compact> {
    /// Of all clients, over a stretch of time.
    pub(crate) fn of_slice() -> Self {
        Self::new(Compact::fine, true, false)
    }

    /// Of one client, over a stretch of time.
    pub(crate) fn of_client_slice() -> Self {
        Self::new(Compact::small, false, true)
    }

    /// A frame got its fate, or a frame that has one its latency: it counts as sent with it. `ends_step` where it also ended a
    /// step without a gap.
    pub(crate) fn settled(&mut self, entry: &Entry, ends_step: bool) {
        self.steps += u64::from(ends_step);
        if let Entry::Settled(fate) = entry {
            self.frames.sent += 1;
            self.count_fate(fate);
        }
        self.sample(entry);
    }

    /// As [`FrameStatistics::settled`], for a frame that may have been counted as sent and pending.
    pub(crate) fn settled_late(&mut self, entry: &Entry) {
        if self.frames.pending > 0 && matches!(entry, Entry::Settled(_)) {
            self.count(entry);
            self.sample(entry);
        } else {
            self.settled(entry, false);
        }
    }

    /// Takes out what `other` has, all of which was merged into this one; `rest` is what stays.
    pub(super) fn remove<'a>(&mut self, other: &Self, rest: impl Iterator<Item = &'a Self> + Clone) {
        self.frames -= other.frames;
        self.error.remove(&other.error, rest.clone().map(|part| &part.error));
        self.latency.remove(&other.latency, rest.clone().map(|part| &part.latency));
        if let (Some(own), Some(other)) = (&mut self.split, &other.split) {
            own.remove(other, rest.clone().filter_map(|part| part.split.as_deref()));
        }
        self.steps -= other.steps;
        self.gaps -= other.gaps;
        self.longest_extra_intervals =
            rest.clone().map(|part| part.longest_extra_intervals).max().unwrap_or_default();
        self.freezes -= other.freezes;
        self.longest_gap = rest.filter_map(|part| part.longest_gap).max();
        self.wanted -= other.wanted;
        self.aligned -= other.aligned;
    }

    /// As [`Compact::sort`].
    pub(super) fn sort(&mut self) {
        self.error.sort();
        self.latency.sort();
        if let Some(split) = &mut self.split {
            split.sort();
        }
    }

    /// Gives back memory that is not needed as long as nothing comes.
    pub(super) fn shrink(&mut self) {
        self.error.shrink();
        self.latency.shrink();
        if let Some(split) = &mut self.split {
            split.shrink();
        }
    }
}

impl<D: Samples> FrameStatistics<D> {
    fn new(empty: impl Fn(f64) -> D, has_split: bool, is_of_client: bool) -> Self {
        Self {
            frames: Frames::default(),
            error: empty(ERROR_UNIT),
            latency: empty(LATENCY_UNIT),
            split: has_split.then(|| Box::new(SplitStatistics::new())),
            steps: 0,
            gaps: 0,
            longest_extra_intervals: 0,
            freezes: 0,
            longest_gap: None,
            wanted: Duration::ZERO,
            aligned: 0,
            is_of_client,
        }
    }

    /// Counts an entry, but for the quantities of which there are distributions.
    pub(crate) fn count(&mut self, entry: &Entry) {
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
                self.count_fate(fate);
            }
            Entry::Timed { .. } => {}
            Entry::Stepped(step) => {
                self.steps += 1;
                self.gaps += u64::from(step.is_freeze);
                self.longest_extra_intervals = self.longest_extra_intervals.max(step.extra_intervals);
            }
            Entry::Gap(gap) => self.longest_gap = self.longest_gap.max(Some(*gap)),
            Entry::Frozen(freezes) => self.freezes += freezes,
            Entry::Wanted(time) => self.wanted += *time,
            Entry::Duplicate => self.frames.duplicate += 1,
            Entry::Malformed => self.frames.malformed += 1,
        }
    }

    fn count_fate(&mut self, fate: &Fate) {
        match fate {
            Fate::Matched { .. } | Fate::Repeated { .. } => self.frames.matched += 1,
            Fate::Estimated { .. } => self.frames.estimated += 1,
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

    /// Adds to the distributions what an entry has of their quantities.
    pub(crate) fn sample(&mut self, entry: &Entry) {
        match entry {
            Entry::Settled(Fate::Matched { error, latency, split }) => {
                self.error.record(*error);
                self.time(*latency, split);
            }
            Entry::Settled(Fate::Repeated { error }) => self.error.record(*error),
            Entry::Settled(Fate::Estimated { error, latency }) => {
                self.error.record(*error);
                self.latency.record(latency.as_secs_f64());
            }
            Entry::Settled(Fate::Aligned { error }) if self.is_of_client => self.error.record(*error),
            Entry::Timed { latency, split } => self.time(*latency, split),
            _ => {}
        }
    }

    fn time(&mut self, latency: Duration, split: &Split) {
        self.latency.record(latency.as_secs_f64());
        if let Some(statistics) = &mut self.split {
            statistics.record(split);
        }
    }

    /// Adds what `other` has.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        self.error.merge(&other.error);
        self.latency.merge(&other.latency);
        if let (Some(own), Some(other)) = (&mut self.split, &other.split) {
            own.merge(other);
        }
        self.steps += other.steps;
        self.gaps += other.gaps;
        self.longest_extra_intervals = self.longest_extra_intervals.max(other.longest_extra_intervals);
        self.freezes += other.freezes;
        self.longest_gap = self.longest_gap.max(other.longest_gap);
        self.wanted += other.wanted;
        self.aligned += other.aligned;
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

    /// As it is written; all `None` where it is not kept.
    pub(crate) fn latency_split(&self) -> LatencySplit {
        self.split.as_ref().map(|split| split.to_wire()).unwrap_or_default()
    }

    /// As it is written; `None` where there was no step, that is less than two decoded frames.
    pub(crate) fn gaps(&self, frames_per_second: u32) -> Option<Gaps> {
        let longest = self.longest_extra_intervals as f64 / f64::from(frames_per_second.max(1));
        (self.steps > 0).then(|| Gaps { count: self.gaps, longest_milliseconds: significant(longest * 1e3) })
    }

    /// How many freezes the viewer saw, and the longest gap; `None` where no two frames were decoded.
    pub(crate) fn freezes(&self, interval: Duration) -> Option<Freezes> {
        self.longest_gap.map(|gap| {
            let longest = gap.saturating_sub(interval);
            Freezes { count: self.freezes, longest_milliseconds: significant(longest.as_secs_f64() * 1e3) }
        })
    }

    /// How many freezes the viewer saw.
    pub(crate) fn freeze_count(&self) -> u64 {
        self.freezes
    }

    pub(crate) fn longest_gap(&self) -> Option<Duration> {
        self.longest_gap
    }

    /// As it is written. Aligned frames are left out: what else was sent to their clients is not known.
    pub(crate) fn loss_percent(&self) -> Option<f64> {
        self.unaligned().loss_percent().map(significant)
    }

    /// As it is written, without the aligned frames.
    pub(crate) fn undetected_percent(&self) -> Option<f64> {
        self.unaligned().undetected_percent().map(significant)
    }

    /// Frames that were decoded without a ball or could not be decoded, in percent of the settled ones.
    pub(crate) fn unusable_percent(&self) -> Option<f64> {
        let frames = self.unaligned();
        let unusable = frames.undetected + frames.undecodable;
        (frames.settled() > 0).then(|| unusable as f64 * 100.0 / frames.settled() as f64)
    }

    /// Matched and estimated frames that the frame rate promises for the wanted time; those that are aligned are left out.
    pub(crate) fn good(&self) -> u64 {
        self.frames.good().saturating_sub(self.aligned)
    }

    /// For how long clients were wanted.
    pub(crate) fn wanted(&self) -> Duration {
        self.wanted
    }

    fn unaligned(&self) -> Frames {
        Frames { sent: self.frames.sent - self.aligned, ..self.frames }
    }
}
