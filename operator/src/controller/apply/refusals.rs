//! Children that the API server refused: when to try each of them again. Whatever else happens to a session, what was
//! refused is not sent again at once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::controller::apply::error::Error;

/// How long a refused child waits at most: whatever kept it from being made, a minute after it is gone the child is there.
const MOST: Duration = Duration::from_secs(60);

/// What was refused of one session, by child.
#[derive(Debug, Default)]
pub(in crate::controller) struct Refusals(BTreeMap<String, Refusal>);

#[derive(Debug)]
struct Refusal {
    /// The hash of what was asked for: anything else is not refused yet.
    asked: String,
    failures: u32,
    not_before: Instant,
    error: Error,
}

impl Refusals {
    /// Why `asked` is not to be tried now.
    pub(in crate::controller) fn holds(&self, child: &str, asked: &str, now: Instant) -> Option<Error> {
        let refusal =
            self.0.get(child).filter(|refusal| refusal.asked == asked && now < refusal.not_before)?;
        Some(refusal.error.clone())
    }

    /// Why the child was refused when it was last tried, whenever it is tried again.
    pub(in crate::controller) fn last(&self, child: &str) -> Option<&Error> {
        self.0.get(child).map(|refusal| &refusal.error)
    }

    /// How often in a row the child was refused.
    pub(in crate::controller) fn times(&self, child: &str) -> u32 {
        self.0.get(child).map_or(0, |refusal| refusal.failures)
    }

    /// Forgets the children that are not to be tried any more.
    pub(in crate::controller) fn retain(&mut self, is_to_be_tried: impl Fn(&str) -> bool) {
        self.0.retain(|child, _| is_to_be_tried(child));
    }

    /// `asked` was refused at `now`. `random` is 0 to 1.
    pub(in crate::controller) fn refused(
        &mut self,
        child: &str,
        asked: String,
        error: Error,
        backoff: Backoff,
        now: Instant,
        random: f64,
    ) {
        let before = self.0.get(child).filter(|refusal| refusal.asked == asked);
        let failures = before.map_or(0, |refusal| refusal.failures).saturating_add(1);
        let backoff = Backoff { most: backoff.most.min(MOST), ..backoff };
        let not_before = now + backoff.delay(failures, random);
        self.0.insert(child.to_owned(), Refusal { asked, failures, not_before, error });
    }

    /// The child is as it shall be.
    pub(in crate::controller) fn done(&mut self, child: &str) {
        self.0.remove(child);
    }

    /// Whether nothing is refused.
    pub(in crate::controller) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How long until something is to be tried again, if anything was refused.
    pub(in crate::controller) fn next(&self, now: Instant) -> Option<Duration> {
        let next = self.0.values().map(|refusal| refusal.not_before).min()?;
        Some(next.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error() -> Error {
        Error::Refused {
            verb: "apply",
            kind: "Job".into(),
            name: "harbor-client".into(),
            message: "no".into(),
        }
    }

    #[test]
    fn what_was_refused_is_tried_again_after_pauses_of_at_most_a_minute() {
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        let mut now = start;
        let mut pauses = Vec::new();
        for _ in 0..12 {
            refusals.refused("Job/harbor-client", "a".into(), error(), Backoff::default(), now, 1.0);
            let pause = refusals.next(now).unwrap();
            assert_eq!(refusals.holds("Job/harbor-client", "a", now + pause / 2), Some(error()));
            now += pause;
            assert_eq!(refusals.holds("Job/harbor-client", "a", now), None, "its time has come");
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]);
    }

    #[test]
    fn another_wish_is_tried_at_once() {
        let (mut refusals, now) = (Refusals::default(), Instant::now());
        let mut refuse = |asked: &str| {
            refusals.refused("Job/harbor-client", asked.into(), error(), Backoff::default(), now, 1.0);
            refusals.next(now).unwrap()
        };
        assert_eq!((refuse("a"), refuse("a")), (Duration::from_secs(1), Duration::from_secs(2)));
        assert_eq!(refuse("b"), Duration::from_secs(1));
        assert_eq!(refusals.holds("Job/harbor-client", "a", now), None);
        assert_eq!(refusals.holds("Service/harbor-server", "b", now), None);
        refusals.done("Job/harbor-client");
        assert_eq!(refusals.next(now), None);
    }
}
