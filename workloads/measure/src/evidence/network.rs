//! What passed between the server and one client, over time.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use report::{Network, NetworkSample, SessionId, channel::ClientStats, milliseconds};

use super::span::KEPT;
use crate::cause::NetworkEvidence;

/// A client says something of itself once a second, whatever becomes of its reports. What is longer is the way's silence.
const BETWEEN_STATS: Duration = Duration::from_millis(1300);

/// A fault that has just begun shows in a stretch of this length before it shows in a whole window.
const FRESH: Duration = Duration::from_secs(10);

/// The packets of the last while.
#[derive(Debug, Clone, Default)]
pub(crate) struct NetworkSeries {
    last: Option<(SessionId, NetworkSample)>,
    /// What the client said last that it received and missed.
    received: Option<(u64, i64)>,
    /// When the client was heard last, and for how long it was silent since its last figures.
    heard: Option<Instant>,
    silence: Duration,
    /// Frames that were reported since its last figures, and those of them that only a later report told of.
    reported: u64,
    repeated: u64,
    stretches: VecDeque<Stretch>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    began: Instant,
    ended: Instant,
    sent: NetworkSample,
    /// As the client says: packets that came, and packets that never did.
    came: u64,
    missed: u64,
    /// Frames that were reported, and those of which only a later report told.
    reported: u64,
    repeated: u64,
    silence: Duration,
}

impl NetworkSeries {
    /// What the server sent, in all, to a session of the client. Answers with what was new.
    pub(crate) fn sent(
        &mut self,
        id: SessionId,
        sample: NetworkSample,
        now: Instant,
        least: Duration,
    ) -> NetworkSample {
        let before = self.last.replace((id, sample));
        let before = before.filter(|(last, _)| *last == id).map(|(_, sample)| sample).unwrap_or_default();
        let new = sample.since(&before);
        let stretch = self.stretch(now, least);
        stretch.sent = stretch.sent.joined(&new);
        new
    }

    /// The client is heard, after a silence that may have been long.
    pub(crate) fn heard(&mut self, at: Instant) {
        if let Some(last) = self.heard.replace(at) {
            self.silence = self.silence.max(at.saturating_duration_since(last));
        }
    }

    /// A frame was reported, `repeated` where its own report was lost.
    pub(crate) fn reported(&mut self, repeated: bool) {
        self.reported += 1;
        self.repeated += u64::from(repeated);
    }

    /// What the client received, in all. Only now a silence before is known to be none of the client's own: it says in the
    /// same message what kept it from its work, and for how long nothing came to it either. To whom frames came all the time
    /// has kept its reports to itself.
    pub(crate) fn received(&mut self, stats: &ClientStats, now: Instant, least: Duration) {
        let (came, missed) = (stats.packets_received, stats.packets_lost);
        let before = self.received.replace((came, missed));
        let silence = std::mem::take(&mut self.silence);
        let had_none = |gap: f64| gap * 2.0 >= milliseconds(silence);
        let is_of_the_way =
            silence >= BETWEEN_STATS || stats.longest_received_gap.or(stats.longest_gap).is_none_or(had_none);
        let (reported, repeated) = (std::mem::take(&mut self.reported), std::mem::take(&mut self.repeated));
        let stretch = self.stretch(now, least);
        if is_of_the_way {
            stretch.silence = stretch.silence.max(silence);
        }
        stretch.reported += reported;
        stretch.repeated += repeated;
        if let Some((came_before, missed_before)) = before
            && let Some(came) = came.checked_sub(came_before)
        {
            stretch.came += came;
            stretch.missed += u64::try_from(missed.saturating_sub(missed_before)).unwrap_or(0);
        }
    }

    /// The client left, or another process took its place: that it was not heard meanwhile was no silence.
    pub(crate) fn restart(&mut self) {
        self.heard = None;
        self.silence = Duration::ZERO;
    }

    /// The newest sample, of the last session.
    pub(crate) fn newest(&self) -> Option<Network> {
        self.last.map(|(_, sample)| sample.to_wire())
    }

    /// What was sent since `since`.
    pub(crate) fn since(&self, since: Instant) -> NetworkSample {
        let recent = self.stretches.iter().filter(|stretch| stretch.ended > since);
        recent.fold(NetworkSample::default(), |all, stretch| all.joined(&stretch.sent))
    }

    /// What passed since `since` and what it points at.
    pub(crate) fn evidence(&self, since: Instant, now: Instant) -> NetworkEvidence {
        let fresh = now.checked_sub(FRESH).map_or(since, |fresh| fresh.max(since));
        let lost = [self.lost_percent(since), self.lost_percent(fresh)];
        let recent = || self.stretches.iter().filter(move |stretch| stretch.ended > since);
        let longest = |of: fn(&Stretch) -> Option<Duration>| recent().filter_map(of).max().map(milliseconds);
        NetworkEvidence {
            lost_percent: lost.into_iter().flatten().reduce(f64::max),
            round_trip_milliseconds: longest(|stretch| stretch.sent.round_trip),
            jitter_milliseconds: longest(|stretch| stretch.sent.jitter),
            silence_milliseconds: longest(|stretch| Some(stretch.silence)),
            unreachable_milliseconds: None,
            vanishes_above: None,
        }
    }

    /// Packets lost before repair since `since`: what the server knows of, or the client if that is more.
    fn lost_percent(&self, since: Instant) -> Option<f64> {
        let (mut sent, mut lost, mut came, mut missed, mut reported, mut repeated) = (0, 0, 0, 0, 0, 0);
        for stretch in self.stretches.iter().filter(|stretch| stretch.ended > since) {
            sent += stretch.sent.packets_sent;
            lost += stretch.sent.packets_lost;
            came += stretch.came;
            missed += stretch.missed;
            reported += stretch.reported;
            repeated += stretch.repeated;
        }
        let percent = |part: u64, all: u64| (all > 0).then(|| part as f64 * 100.0 / all as f64);
        let of_each = [percent(lost, sent), percent(missed, came + missed), percent(repeated, reported)];
        of_each.into_iter().flatten().reduce(f64::max)
    }

    fn stretch(&mut self, now: Instant, least: Duration) -> &mut Stretch {
        let is_open = |last: &Stretch| now.saturating_duration_since(last.began) < least;
        if !self.stretches.back().is_some_and(is_open) {
            let sent = NetworkSample::default();
            self.stretches.push_back(Stretch {
                began: now,
                ended: now,
                sent,
                came: 0,
                missed: 0,
                reported: 0,
                repeated: 0,
                silence: Duration::ZERO,
            });
            if self.stretches.len() > KEPT {
                self.stretches.pop_front();
            }
        }
        let last = self.stretches.len() - 1;
        let stretch = &mut self.stretches[last];
        stretch.ended = now;
        stretch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_what_either_side_saw_and_silence_counts_once_the_client_has_spoken_of_itself() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let (mut series, least) = (NetworkSeries::default(), Duration::from_secs(3));
        let sample = |packets_sent, packets_lost| NetworkSample {
            packets_sent,
            packets_lost,
            ..NetworkSample::default()
        };
        series.sent(SessionId(1), sample(100, 0), at(1), least);
        assert_eq!(series.sent(SessionId(1), sample(200, 5), at(2), least), sample(100, 5));
        // Another session begins anew.
        assert_eq!(series.sent(SessionId(2), sample(50, 1), at(3), least), sample(50, 1));
        assert_eq!(series.since(start), sample(250, 6));
        let stats = |packets_received, packets_lost| ClientStats {
            packets_received,
            packets_lost,
            ..ClientStats::default()
        };
        series.received(&stats(1000, 50), at(3), least);
        assert_eq!(series.evidence(start, at(3)).lost_percent, Some(2.4));
        series.heard(at(3));
        series.heard(at(5));
        assert_eq!(
            series.evidence(start, at(5)).silence_milliseconds,
            Some(0.0),
            "whose fault it is is not known"
        );
        series.received(&stats(1090, 60), at(5), least);
        let evidence = series.evidence(start, at(5));
        assert_eq!((evidence.lost_percent, evidence.silence_milliseconds), (Some(10.0), Some(2000.0)));
        assert_eq!(series.evidence(at(5), at(9)).lost_percent, None);
    }

    /// A client to which frames come all the time and that reports nothing for a while is no silent network.
    #[test]
    fn reports_that_a_client_keeps_to_itself_are_no_silence() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let silence = |silent: u64, longest_received_gap: Option<f64>| {
            let mut series = NetworkSeries::default();
            series.heard(at(0));
            series.heard(at(silent));
            let stats = ClientStats { longest_received_gap, ..ClientStats::default() };
            series.received(&stats, at(silent), Duration::ZERO);
            series.evidence(start, at(silent)).silence_milliseconds
        };
        assert_eq!(silence(900, Some(34.0)), Some(0.0));
        assert_eq!(silence(900, Some(880.0)), Some(900.0), "nothing came to it either");
        assert_eq!(silence(900, None), Some(900.0), "it does not say");
        assert_eq!(silence(2500, Some(34.0)), Some(2500.0), "its figures were silent, too");
    }

    #[test]
    fn frames_that_only_a_later_report_tells_of_are_lost_reports() {
        let (start, mut series) = (Instant::now(), NetworkSeries::default());
        for frame in 0..100 {
            series.reported(frame % 4 == 0);
        }
        series.received(&ClientStats::default(), start, Duration::ZERO);
        let before = start - Duration::from_secs(1);
        assert_eq!(series.evidence(before, start).lost_percent, Some(25.0));
    }
}
