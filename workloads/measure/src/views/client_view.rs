//! One client at one moment: the quantities that its row and what is judged of it have in common.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use report::{
    Cause, Pairing, PathMtu,
    judged::{JudgedNumbers, Media},
    milliseconds, significant,
};

use crate::{
    cause::{Evidence, NetworkEvidence, ProgramEvidence, Trouble, cause},
    clients::Row,
    evidence,
    recorder::Recorder,
    statistics::{Compact, Distribution, FrameStatistics, Samples},
};

/// Reports of decoded frames are no further apart than this as long as there is media.
const FLOWING_WITHIN: Duration = Duration::from_secs(2);

/// After a bye it takes less than this until it is known whether the client is still to be there; then it is lost.
const LEAVES_WITHIN: Duration = Duration::from_secs(5);

/// The video that numbers are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) frames_per_second: u32,
}

impl Pace {
    pub(crate) fn interval(self) -> Duration {
        Duration::from_secs(1) / self.frames_per_second.max(1)
    }

    /// Good frames, in percent of those that the frame rate promises for the time for which they were wanted.
    pub(crate) fn delivered_percent(self, (good, wanted): (u64, Duration)) -> Option<f64> {
        let promised = wanted.as_secs_f64() * f64::from(self.frames_per_second);
        // The window cuts at moments, not at frames: one more than promised may be in it.
        (promised >= 1.0).then(|| significant((good as f64 * 100.0 / promised).min(100.0)))
    }

    /// The frames that are promised for so long.
    pub(crate) fn frames_in(self, milliseconds: f64) -> u64 {
        // Beyond all numbers a cast ends at the greatest.
        (milliseconds / 1e3 * f64::from(self.frames_per_second)).round() as u64
    }

    /// A gap as the freeze that it is: what is more than one interval.
    pub(crate) fn freeze_milliseconds(self, gap: Duration) -> f64 {
        significant(gap.saturating_sub(self.interval()).as_secs_f64() * 1e3)
    }

    /// A gap of this length is a freeze, whatever the mean interval is.
    fn is_freeze(self, gap: Duration) -> bool {
        gap >= (self.interval() * 3).max(self.interval() + Duration::from_millis(150))
    }
}

/// What the views of all clients have in common.
#[derive(Clone, Copy)]
pub(crate) struct ClientViews<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) pace: Pace,
    /// The moment, that up to which media is judged, where the window begins, and where the evidence does.
    pub(super) now: Instant,
    judged_at: Instant,
    since: Instant,
    evidence_since: Instant,
    /// The server's part in what clients miss.
    pub(super) server: ProgramEvidence,
}

impl<'a> ClientViews<'a> {
    pub(crate) fn new(recorder: &'a Recorder, pace: Pace, now: Instant) -> Self {
        let (judged_at, since) = (recorder.wanting.judged_at(now), recorder.numbers.window.since(now));
        let evidence_since = evidence::since(recorder.numbers.window.length(), now);
        let server = recorder.evidence.program.evidence(evidence_since, now);
        Self { recorder, pace, now, judged_at, since, evidence_since, server }
    }

    /// That of the client with this row.
    pub(crate) fn of(self, row: &'a Row) -> ClientView<'a> {
        ClientView { row, window: row.window.statistics(), whole: row.whole(), all: self }
    }
}

/// One client at one moment.
pub(crate) struct ClientView<'a> {
    pub(crate) row: &'a Row,
    window: &'a FrameStatistics<Compact>,
    pub(crate) whole: Cow<'a, FrameStatistics<Distribution<u32>>>,
    all: ClientViews<'a>,
}

impl ClientView<'_> {
    pub(crate) fn is_wanted(&self) -> bool {
        self.all.recorder.wanting.wants(self.row, self.all.judged_at)
    }

    pub(crate) fn media(&self) -> Media {
        let since = |at: Instant| self.all.judged_at.saturating_duration_since(at);
        let seconds = |at: Instant| significant(since(at).as_secs_f64());
        match self.row.viewer.last_decoded() {
            None => Media::NeverHad { seconds: seconds(self.row.waits_since) },
            Some(last) if !self.is_connected() => Media::Gone { seconds: seconds(last) },
            Some(last) if since(last) <= FLOWING_WITHIN => Media::Flowing,
            Some(last) => Media::Stopped { seconds: seconds(last) },
        }
    }

    /// The numbers over the window.
    pub(crate) fn recent(&self) -> JudgedNumbers {
        let delivered = (self.window.good(), self.window.wanted());
        let setups = &self.row.setups;
        let setup = setups.quantiles_since(self.all.since).map(|setup| setup.p95);
        let last = || setups.last().map(|seconds| significant(seconds * 1e3));
        self.numbers(self.window, delivered, self.row.window.longest_gap(), setup.or_else(last))
    }

    /// The numbers over the whole run.
    pub(crate) fn whole(&self) -> JudgedNumbers {
        let setup = self.row.setups.quantiles().map(|setup| setup.p95);
        let longest = self.whole.longest_gap();
        self.numbers(&self.whole, self.row.settled, longest, setup)
    }

    fn numbers<D: Samples>(
        &self,
        statistics: &FrameStatistics<D>,
        delivered: (u64, Duration),
        longest_gap: Option<Duration>,
        setup_p95_milliseconds: Option<f64>,
    ) -> JudgedNumbers {
        let names_frames = self.row.pairing != Pairing::Arrival;
        JudgedNumbers {
            settled: statistics.frames.settled(),
            wanted_seconds: significant(delivered.1.as_secs_f64()),
            loss_percent: statistics.loss_percent().filter(|_| names_frames),
            undetected_percent: statistics.undetected_percent().filter(|_| names_frames),
            delivered_percent: self.all.pace.delivered_percent(delivered).filter(|_| names_frames),
            error_p95_pixels: statistics.error_pixels().map(|error| error.p95),
            latency_p95_milliseconds: statistics.latency_milliseconds().map(|latency| latency.p95),
            longest_freeze_milliseconds: self
                .longest_stall(longest_gap)
                .map(|gap| self.all.pace.freeze_milliseconds(gap)),
            setup_p95_milliseconds,
            recovery_milliseconds: self.recovery_milliseconds(),
        }
    }

    /// For how long there were no pictures when this process took over from another one.
    pub(crate) fn recovery_milliseconds(&self) -> Option<f64> {
        self.row.recovery.map(|recovery| significant(recovery.milliseconds))
    }

    /// For how long there has been no new picture, where that is longer than it should be.
    pub(crate) fn open_freeze_milliseconds(&self) -> Option<f64> {
        let gap = self.open_gap().filter(|gap| self.all.pace.is_freeze(*gap))?;
        Some(self.all.pace.freeze_milliseconds(gap))
    }

    /// How large a packet may be to it and, as it says, from it.
    pub(crate) fn path_mtu(&self) -> PathMtu {
        let said = self.row.stats.as_ref().and_then(|stats| stats.path_mtu);
        PathMtu { to_server: said.and_then(|said| said.to_server), ..self.row.path_mtu }
    }

    /// What the evidence points at.
    pub(crate) fn cause(&self) -> Cause {
        let ClientViews { evidence_since: since, now, server, .. } = self.all;
        cause(&Evidence {
            server,
            client: self.row.program.evidence(since, now),
            network: NetworkEvidence {
                unreachable_milliseconds: self.unreachable().map(milliseconds),
                vanishes_above: self.path_mtu().media_vanishes_above(),
                ..self.row.network.evidence(since, now)
            },
            unusable_percent: self.window.unusable_percent(),
            trouble: self.trouble(),
        })
    }

    /// What went wrong in the window.
    fn trouble(&self) -> Trouble {
        let stall = self.longest_stall(self.row.window.longest_gap());
        let without_media = match self.media() {
            Media::NeverHad { seconds } | Media::Gone { seconds } | Media::Stopped { seconds } => {
                seconds * 1e3
            }
            Media::Flowing | Media::Awaited { .. } => 0.0,
        };
        let delivered = self.all.pace.delivered_percent((self.window.good(), self.window.wanted()));
        let not_delivered = delivered.map(|delivered| 100.0 - delivered);
        let lost_percent = [self.window.loss_percent(), not_delivered].into_iter().flatten().reduce(f64::max);
        Trouble {
            stall_milliseconds: Some(stall.map_or(0.0, milliseconds).max(without_media)),
            latency_milliseconds: self.window.latency_milliseconds().map(|latency| latency.p95),
            lost_milliseconds: lost_percent
                .map(|percent| percent / 100.0 * milliseconds(self.window.wanted())),
        }
    }

    /// For how long the client has signalled without a way for media.
    fn unreachable(&self) -> Option<Duration> {
        let setup = &self.row.setup;
        let has_none = setup.signaling.is_some() && setup.ice.is_none();
        has_none.then(|| self.all.judged_at.saturating_duration_since(self.row.waits_since))
    }

    /// The longest time without a picture: of those that are over the given one, or that which is not over.
    fn longest_stall(&self, longest_gap: Option<Duration>) -> Option<Duration> {
        [longest_gap, self.row.viewer.estimate(), self.open_gap()].into_iter().flatten().max()
    }

    fn open_gap(&self) -> Option<Duration> {
        let gap = self.row.viewer.open_gap(self.all.judged_at)?;
        // Whoever said bye may be about to be unwanted, which is known some seconds later.
        (self.row.away_since.is_none() || gap >= LEAVES_WITHIN).then_some(gap)
    }

    /// Whether it was when the server stopped sending, if it has: then all sessions end.
    fn is_connected(&self) -> bool {
        self.row.gone_at.is_none_or(|gone| gone > self.all.judged_at)
    }
}
