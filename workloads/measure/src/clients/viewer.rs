//! What the viewer sees: for how long there was no new picture.

use std::time::{Duration, Instant};

use report::channel::ClientStats;

use crate::frames::{CLOCK_RATE, FreezeDetector};

/// How far back a client's figures reach, and so how long they may speak of a time that does not count.
const FIGURES_REACH: Duration = Duration::from_secs(3);

/// What is to be counted now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stills {
    /// From one decoded frame to the next, or to the end.
    pub(crate) gap: Option<Duration>,
    /// Gaps above the limit.
    pub(crate) freezes: u64,
}

/// The gaps between the decoded frames of one client, over all its sessions.
///
/// The client's own clock decides where the client says what it measured. Until it does, and where nothing is heard of it, the
/// server knows of the time since the last report of a decoded frame: that is the open gap, and replaced by the client's
/// figure when that comes. Clients that give no figures, and new processes of one, are measured by the arrival of reports.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    started: Instant,
    /// The last decoded frame ever.
    last_decoded: Option<Instant>,
    /// Where the open gap begins; `None` where no gap counts.
    open_since: Option<Instant>,
    /// Since when the client's process sees what counts.
    figures_since: Option<Instant>,
    /// The longest gap that the server saw end since the client's last figures, when it ended, and its freezes.
    estimate: Option<(Duration, Instant, u64)>,
    gives_figures: bool,
    /// Whether the last report came unasked.
    is_measured: bool,
    last_figures: Option<Instant>,
    freeze_count: Option<u64>,
    arrivals: FreezeDetector,
}

impl Viewer {
    pub(crate) fn new(started: Instant, frames_per_second: u32) -> Self {
        Self {
            started,
            last_decoded: None,
            open_since: None,
            figures_since: None,
            estimate: None,
            gives_figures: false,
            is_measured: true,
            last_figures: None,
            freeze_count: None,
            arrivals: FreezeDetector::new(frames_per_second),
        }
    }

    /// When the last frame was decoded, counted or not.
    pub(crate) fn last_decoded(&self) -> Option<Instant> {
        self.last_decoded
    }

    /// Whether the client measures its freezes itself.
    pub(crate) fn gives_figures(&self) -> bool {
        self.gives_figures
    }

    /// From `at` on gaps count.
    pub(crate) fn start(&mut self, at: Instant) {
        self.open_since = Some(at);
        self.figures_since = Some(at);
        self.estimate = None;
        self.gives_figures = false;
    }

    /// No gap counts any more, not even the open one.
    pub(crate) fn pause(&mut self) {
        self.open_since = None;
        self.figures_since = None;
        self.estimate = None;
    }

    /// The viewing is over at `at`: the open gap counts, unless the client has just said how long it is.
    pub(crate) fn end(&mut self, at: Instant) -> Stills {
        let is_said = self
            .last_figures
            .is_some_and(|last| self.gives_figures && at.saturating_duration_since(last) < FIGURES_REACH / 2);
        let mut stills = self.take_estimate();
        if let Some(since) = self.open_since.filter(|_| !is_said) {
            let gap = at.saturating_duration_since(since);
            stills.gap = stills.gap.max(Some(gap));
            stills.freezes += u64::from(self.arrival(at));
        }
        self.pause();
        stills
    }

    /// Another process has the client's name now: it knows nothing of what was before.
    pub(crate) fn changed_process(&mut self) {
        self.gives_figures = false;
        self.freeze_count = None;
        self.figures_since = None;
    }

    /// A report of a decoded frame came at `at`; `is_measured` unless reports only come when they are asked for.
    pub(crate) fn decoded(&mut self, at: Instant, is_measured: bool) -> Stills {
        self.last_decoded = self.last_decoded.max(Some(at));
        let Some(since) = self.open_since else { return Stills::default() };
        self.open_since = Some(since.max(at));
        self.is_measured = is_measured;
        if !is_measured {
            return Stills::default();
        }
        let is_first = since == at;
        let gap = at.saturating_duration_since(since);
        let freezes = u64::from(self.arrival(at));
        if is_first {
            return Stills::default();
        }
        self.figures_since.get_or_insert(at);
        if !self.gives_figures {
            return Stills { gap: Some(gap), freezes };
        }
        // Figures that do not come although the client is heard are not waited for.
        let is_old = |(_, ended, _): &(_, Instant, _)| at.saturating_duration_since(*ended) > FIGURES_REACH;
        let overdue =
            if self.estimate.as_ref().is_some_and(is_old) { self.take_estimate() } else { Stills::default() };
        match &mut self.estimate {
            Some((longest, ended, count)) => {
                if gap > *longest {
                    (*longest, *ended) = (gap, at);
                }
                *count += freezes;
            }
            None => self.estimate = Some((gap, at, freezes)),
        }
        overdue
    }

    /// The client's figures came at `at`.
    pub(crate) fn figures(&mut self, at: Instant, stats: &ClientStats) -> Stills {
        let before = self.freeze_count.replace(stats.freeze_count);
        let reach = |since: Instant| at.saturating_duration_since(since) >= FIGURES_REACH;
        let Some(counts_since) = self.figures_since.filter(|since| reach(*since)) else {
            return Stills::default();
        };
        let (Some(gap), Some(since)) = (stats.longest_gap, stats.since_decoded) else {
            return Stills::default();
        };
        self.gives_figures = true;
        self.last_figures = Some(at);
        self.estimate = None;
        let milliseconds = |value: f64| Duration::from_secs_f64(value.clamp(0.0, 1e12) / 1e3);
        let decoded =
            at.checked_sub(milliseconds(since)).map_or(counts_since, |decoded| decoded.max(counts_since));
        self.open_since = Some(decoded);
        self.last_decoded = self.last_decoded.max(Some(decoded));
        // A counter that is smaller is another process's.
        let freezes = before.map_or(0, |before| stats.freeze_count.saturating_sub(before));
        Stills { gap: Some(milliseconds(gap)), freezes }
    }

    /// For how long there has been no new picture at `now`; `None` where that does not count.
    pub(crate) fn open_gap(&self, now: Instant) -> Option<Duration> {
        self.open_since.filter(|_| self.is_measured).map(|since| now.saturating_duration_since(since))
    }

    /// The longest gap that ended and of which the client's figure has not come yet.
    pub(crate) fn estimate(&self) -> Option<Duration> {
        self.estimate.map(|(gap, ..)| gap)
    }

    fn take_estimate(&mut self) -> Stills {
        let taken = self.estimate.take();
        taken.map_or(Stills::default(), |(gap, _, freezes)| Stills { gap: Some(gap), freezes })
    }

    /// Whether the step to a report that comes at `at` is a freeze.
    fn arrival(&mut self, at: Instant) -> bool {
        let since = at.saturating_duration_since(self.started);
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_mul(CLOCK_RATE);
        let ticks = seconds.saturating_add(i64::from(since.subsec_micros()) * CLOCK_RATE / 1_000_000);
        let step = self.arrivals.decoded(ticks);
        step.is_some_and(|step| step.is_freeze)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: u64 = 33;

    struct Test {
        viewer: Viewer,
        start: Instant,
    }

    impl Test {
        fn new() -> Self {
            let start = Instant::now();
            let mut viewer = Viewer::new(start, 30);
            viewer.start(start + Duration::from_millis(100));
            Self { viewer, start }
        }

        fn at(&self, milliseconds: u64) -> Instant {
            self.start + Duration::from_millis(milliseconds)
        }

        /// Reports at their pace; answers with the longest gap that was counted.
        fn reports(&mut self, milliseconds: std::ops::Range<u64>) -> Option<Duration> {
            let times = milliseconds.step_by(INTERVAL as usize);
            times.filter_map(|time| self.viewer.decoded(self.at(time), true).gap).max()
        }

        fn figures(&mut self, milliseconds: u64, longest: f64, since: f64, freezes: u64) -> Stills {
            let stats = ClientStats {
                longest_gap: Some(longest),
                since_decoded: Some(since),
                freeze_count: freezes,
                ..ClientStats::default()
            };
            self.viewer.figures(self.at(milliseconds), &stats)
        }
    }

    #[test]
    fn until_there_are_figures_that_speak_of_what_counts_arrivals_are_measured() {
        let mut test = Test::new();
        assert_eq!(test.reports(100..1000), Some(Duration::from_millis(INTERVAL)));
        // Of the time before the first frame here.
        assert_eq!(test.figures(1000, 9000.0, 10.0, 4), Stills::default());
        assert!(!test.viewer.gives_figures());
        test.reports(1000..3100);
        let first = test.figures(3100, 40.0, 10.0, 4);
        assert_eq!(first, Stills { gap: Some(Duration::from_millis(40)), freezes: 0 });
        assert!(test.viewer.gives_figures());
    }

    #[test]
    fn the_servers_estimate_is_replaced_by_the_clients_figure() {
        let mut test = Test::new();
        test.reports(100..4000);
        test.figures(4000, 40.0, 10.0, 0);
        assert_eq!(test.viewer.open_gap(test.at(4890)), Some(Duration::from_millis(900)));
        assert_eq!(test.reports(4900..4901), None, "not counted yet");
        assert!(test.viewer.estimate() >= Some(Duration::from_millis(900)));
        // Only the reports were held up.
        assert_eq!(test.figures(5000, 41.0, 10.0, 0).gap, Some(Duration::from_millis(41)));
        assert_eq!(test.viewer.estimate(), None);
    }

    #[test]
    fn figures_that_never_come_are_not_waited_for() {
        let mut test = Test::new();
        test.reports(100..4000);
        test.figures(4000, 40.0, 10.0, 0);
        assert_eq!(test.reports(4900..7000), None);
        assert_eq!(test.reports(7000..9000), Some(Duration::from_millis(910)));
    }

    #[test]
    fn a_new_process_is_measured_by_arrivals_across_the_change() {
        let mut test = Test::new();
        test.reports(100..4000);
        test.figures(4000, 40.0, 10.0, 7);
        test.viewer.changed_process();
        let stills = test.viewer.decoded(test.at(6000), true);
        assert!(stills.gap >= Some(Duration::from_millis(2000)) && stills.freezes == 1, "{stills:?}");
        assert_eq!(test.figures(7000, 40.0, 10.0, 0), Stills::default());
        test.reports(6033..9000);
        assert_eq!(test.figures(9000, 300.0, 10.0, 1).freezes, 1);
    }

    #[test]
    fn an_end_counts_the_open_gap_unless_the_client_just_said() {
        let mut test = Test::new();
        test.reports(100..4000);
        let end = test.at(6000);
        let stills = test.viewer.clone().end(end);
        assert!(stills.gap >= Some(Duration::from_millis(2000)) && stills.freezes == 1, "{stills:?}");
        test.figures(5990, 40.0, 10.0, 0);
        assert_eq!(test.viewer.end(end), Stills::default());
        assert_eq!(test.viewer.open_gap(end), None);
    }
}
