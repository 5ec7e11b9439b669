//! Bad is said at once, good again only after a while without a breach.

use std::time::{Duration, Instant};

use super::Verdict;

/// After a breach it takes so long without any until a verdict is good again.
const QUIET: Duration = Duration::from_secs(10);

/// What is said, verdict after verdict. A missed one is said at once, and so is that there is none; a good one follows
/// a breach only after 10 s without another, with or without a verdict in between. So nothing is ever called good
/// beside a number that breaches.
#[derive(Debug, Clone, Default)]
pub struct Hysteresis {
    shown: Option<Verdict>,
    /// When the last missed verdict came.
    breached: Option<Instant>,
}

impl Hysteresis {
    /// That of somebody who takes over at `now`: where the verdict that stands is a missed one, good needs its time.
    pub fn resume(is_missed: bool, now: Instant) -> Self {
        Self { shown: None, breached: is_missed.then_some(now) }
    }

    /// Takes the verdict of `now`; answers with the one to be said.
    pub fn update(&mut self, verdict: Verdict, now: Instant) -> &Verdict {
        if verdict.is_missed() {
            self.breached = Some(now);
        }
        let is_quiet = self.breached.is_none_or(|breached| now.saturating_duration_since(breached) >= QUIET);
        let shown = match (verdict, self.shown.take()) {
            (Verdict::Met, Some(shown)) if !is_quiet && !shown.is_met() => shown,
            // A missed verdict that somebody else said stands, but its numbers are not known here.
            (Verdict::Met, None) if !is_quiet => Verdict::inconclusive(
                super::Pending::Starting,
                "no breach, for less than 10 s since the objectives were missed",
            ),
            (verdict, _) => verdict,
        };
        self.shown.insert(shown)
    }

    /// A breach that was said goes on, or went on until `now`.
    pub fn breach_until(&mut self, now: Instant) {
        self.breached = self.breached.max(Some(now));
    }

    /// Nothing is known of so long a time until `now`: it was not one without a breach. A breach within it, or at its end, is
    /// not put off into the future by it.
    pub fn skip(&mut self, unknown: Duration, now: Instant) {
        self.breached = self.breached.map(|breached| (breached + unknown).min(now));
    }

    /// What is said now.
    pub fn shown(&self) -> Option<&Verdict> {
        self.shown.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use report::Cause;

    use super::super::{Failure, Pending, Place, Reason};
    use super::*;

    fn missed() -> Verdict {
        let (reason, measured, allowed) = (Reason::LossTooHigh, Some(8.0), 1.0);
        let (place, cause) = (Place::All, Cause::Unknown);
        Verdict::Missed(vec![Failure { reason, measured, allowed, place, cause, vanishes_above: None }])
    }

    fn unknown() -> Verdict {
        Verdict::inconclusive(Pending::Starting, "tested")
    }

    /// V1 and V2: a breach is said in the report that has it, not in the third one; only the way back is damped.
    #[test]
    fn bad_is_immediate_and_good_needs_ten_quiet_seconds() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut hysteresis = Hysteresis::default();
        assert!(hysteresis.update(Verdict::Met, at(0)).is_met(), "there was no breach");
        assert!(hysteresis.update(missed(), at(1)).is_missed());
        assert!(hysteresis.update(Verdict::Met, at(10)).is_missed(), "9 s");
        assert!(hysteresis.update(Verdict::Met, at(11)).is_met(), "10 s");
        assert!(hysteresis.update(missed(), at(12)).is_missed());
        assert!(!hysteresis.update(unknown(), at(13)).is_met());
        assert!(!hysteresis.update(Verdict::Met, at(21)).is_met(), "not by way of no verdict");
        assert!(hysteresis.update(Verdict::Met, at(22)).is_met());
    }

    #[test]
    fn only_time_of_which_something_is_known_is_quiet() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut hysteresis = Hysteresis::default();
        hysteresis.update(missed(), at(0));
        hysteresis.breach_until(at(20));
        assert!(
            !hysteresis.update(Verdict::Met, at(29)).is_met()
                && hysteresis.update(Verdict::Met, at(30)).is_met()
        );

        let mut hysteresis = Hysteresis::default();
        hysteresis.update(missed(), at(0));
        assert!(!hysteresis.update(Verdict::Met, at(5)).is_met());
        hysteresis.skip(Duration::from_secs(30), at(35));
        assert!(
            !hysteresis.update(Verdict::Met, at(39)).is_met()
                && hysteresis.update(Verdict::Met, at(40)).is_met()
        );
        hysteresis.skip(Duration::from_secs(30), at(70));
        assert!(hysteresis.update(Verdict::Met, at(70)).is_met(), "it was quiet before");

        let mut hysteresis = Hysteresis::default();
        hysteresis.update(missed(), at(0));
        hysteresis.breach_until(at(600));
        hysteresis.skip(Duration::from_secs(600), at(600));
        assert!(
            !hysteresis.update(Verdict::Met, at(609)).is_met()
                && hysteresis.update(Verdict::Met, at(610)).is_met(),
            "as long after a breach in the silence as after any other"
        );
    }

    #[test]
    fn whoever_takes_over_goes_on_from_what_was_said() {
        let start = Instant::now();
        let mut after_bad = Hysteresis::resume(true, start);
        assert!(!after_bad.update(Verdict::Met, start + Duration::from_secs(9)).is_met());
        assert!(after_bad.update(Verdict::Met, start + Duration::from_secs(10)).is_met());
        assert!(Hysteresis::resume(false, start).update(Verdict::Met, start).is_met());
    }
}
