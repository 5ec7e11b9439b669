//! The verdict while the server runs: on what is asked for, damped, and with what is worth a post when it turns. Time is
//! an argument.

use std::collections::BTreeSet;
use std::time::Instant;

use measure::Objectives;
use measure::verdict::{Hysteresis, Reason, Verdict, judge};
use report::judged::JudgedSession;

/// Judges again and again.
#[derive(Debug)]
pub(crate) struct Verdicts {
    /// What is asked for; without, only media that is missing is noticed.
    objectives: Option<Objectives>,
    hysteresis: Hysteresis,
    conditions: BTreeSet<&'static str>,
}

impl Verdicts {
    /// Nothing was judged yet.
    pub(crate) fn new(objectives: Option<Objectives>) -> Self {
        Self { objectives, hysteresis: Hysteresis::default(), conditions: BTreeSet::new() }
    }

    /// Judges `session` at `now`; whether a condition has begun or ended with it.
    pub(crate) fn update(&mut self, session: &JudgedSession, now: Instant) -> bool {
        let verdict = judge(session, &self.objectives.unwrap_or_default());
        let mut conditions = BTreeSet::new();
        if let Verdict::Missed(failures) = &verdict {
            let absences = failures.iter().map(|failure| failure.reason);
            conditions.extend(
                absences
                    .filter(|reason| matches!(reason, Reason::ClientsLost | Reason::NoMedia))
                    .map(Reason::as_str),
            );
        }
        if self.objectives.is_some() {
            conditions.insert(match self.hysteresis.update(verdict, now) {
                Verdict::Met => "Met",
                Verdict::Missed(_) => "Missed",
                Verdict::Inconclusive { .. } => "Inconclusive",
            });
        }
        std::mem::replace(&mut self.conditions, conditions) != self.conditions
    }

    /// The verdict that is shown; `None` where nothing is asked for.
    pub(crate) fn shown(&self) -> Option<&Verdict> {
        self.hysteresis.shown()
    }

    /// What holds now: the verdict's outcome where something is asked for, and each way in which media is missing.
    pub(crate) fn conditions(&self) -> &BTreeSet<&'static str> {
        &self.conditions
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use report::Cause;
    use report::judged::{JudgedClient, JudgedNumbers, Media};

    use super::*;

    fn session(media: Media, loss_percent: f64) -> JudgedSession {
        let numbers = JudgedNumbers {
            settled: 900,
            wanted_seconds: 30.0,
            loss_percent: Some(loss_percent),
            ..JudgedNumbers::default()
        };
        let client = JudgedClient {
            id: "c".into(),
            node: None,
            is_wanted: true,
            media,
            numbers,
            cause: Cause::Unknown,
            vanishes_above: None,
            way: None,
        };
        JudgedSession {
            all: numbers,
            clients: vec![client],
            frames_per_second: 30,
            span_seconds: 60.0,
            epoch_age_seconds: None,
            is_suspended: false,
            cause: Cause::Unknown,
        }
    }

    fn names(verdicts: &Verdicts) -> Vec<&str> {
        verdicts.conditions().iter().copied().collect()
    }

    #[test]
    fn a_verdict_turns_bad_at_once_and_good_after_10_s() {
        let mut verdicts = Verdicts::new(Some("loss=1".parse().unwrap()));
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        assert!(verdicts.update(&session(Media::Flowing, 0.0), at(0)));
        assert_eq!(names(&verdicts), ["Met"]);
        assert!(!verdicts.update(&session(Media::Flowing, 0.5), at(1)), "as before");
        assert!(verdicts.update(&session(Media::Flowing, 5.0), at(2)));
        assert_eq!(verdicts.shown().map(Verdict::reason), Some("LossTooHigh"));
        assert!(!verdicts.update(&session(Media::Flowing, 0.0), at(11)), "for less than 10 s");
        assert!(verdicts.update(&session(Media::Flowing, 0.0), at(12)));
        assert_eq!(names(&verdicts), ["Met"]);
    }

    /// V1: without objectives, too, it is worth a post that media is gone.
    #[test]
    fn media_that_is_missing_is_a_condition_whatever_is_asked_for() {
        for (objectives, outcome) in [(None, None), (Some("loss=1".parse().unwrap()), Some("Missed"))] {
            let (now, mut verdicts) = (Instant::now(), Verdicts::new(objectives));
            verdicts.update(&session(Media::Gone { seconds: 4.9 }, 0.0), now);
            assert!(!names(&verdicts).contains(&"ClientsLost"));
            assert!(verdicts.update(&session(Media::Gone { seconds: 5.1 }, 0.0), now));
            let expected: Vec<&str> = ["ClientsLost"].into_iter().chain(outcome).collect();
            assert_eq!(names(&verdicts), expected);
            assert!(verdicts.update(&session(Media::Stopped { seconds: 5.1 }, 0.0), now));
            assert!(names(&verdicts).contains(&"NoMedia"));
            assert!(verdicts.update(&session(Media::Flowing, 0.0), now));
        }
    }
}
