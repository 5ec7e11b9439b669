//! Which pods the API server was asked about because the watches lead from them to no session: each once in a while, however
//! often it reports, and so many of them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::reports::refusal::Refusal;

/// How long an answer stands.
const STANDS: Duration = Duration::from_secs(60);
/// Pods within that time. Of those beyond nothing is found out.
const CAPACITY: usize = 1024;

/// What was found out, by the UIDs of the pods.
#[derive(Default)]
pub(super) struct LookUps(HashMap<String, Entry>);

struct Entry {
    since: Instant,
    refusal: Refusal,
}

impl LookUps {
    /// Begins to find out about a pod, if there is a permit for it.
    ///
    /// # Errors
    /// What is answered instead: what was found out before, or that it cannot be found out now.
    pub(super) fn begin<P>(
        &mut self,
        uid: &str,
        permit: impl FnOnce() -> Option<P>,
        now: Instant,
    ) -> Result<P, Refusal> {
        if let Some(known) = self.0.get(uid).filter(|entry| entry.stands(now)) {
            return Err(known.refusal.clone());
        }
        if self.0.len() >= CAPACITY {
            self.0.retain(|_, entry| entry.stands(now));
        }
        let permit = if self.0.len() < CAPACITY { permit() } else { None };
        let permit = permit.ok_or_else(|| Refusal::Unavailable("too many pods are unknown".into()))?;
        // Until it is found out, and if it never is.
        let refusal = Refusal::Unavailable("cannot tell now whose report it is".into());
        self.0.insert(uid.to_owned(), Entry { since: now, refusal });
        Ok(permit)
    }

    /// Takes note of what was found out.
    pub(super) fn end(&mut self, uid: &str, found: Refusal) {
        if let Some(entry) = self.0.get_mut(uid) {
            entry.refusal = found;
        }
    }
}

impl Entry {
    fn stands(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < STANDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_looked_up_once_a_minute() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut look_ups = LookUps::default();
        let gone = Refusal::Unauthorized("gone".into());
        let permit = || Some(());
        assert_eq!(look_ups.begin("a", permit, at(0)), Ok(()));
        assert!(
            matches!(look_ups.begin("a", permit, at(1)), Err(Refusal::Unavailable(_))),
            "it is under way"
        );
        look_ups.end("a", gone.clone());
        assert_eq!(
            (look_ups.begin("a", permit, at(59)), look_ups.begin("b", permit, at(59))),
            (Err(gone), Ok(()))
        );
        assert_eq!(look_ups.begin("a", permit, at(60)), Ok(()));
    }

    #[test]
    fn without_a_permit_nothing_is_begun_and_what_is_known_is_said() {
        let now = Instant::now();
        let mut look_ups = LookUps::default();
        assert!(matches!(look_ups.begin("a", || None::<()>, now), Err(Refusal::Unavailable(_))));
        assert_eq!(look_ups.begin("a", || Some(()), now), Ok(()));
        look_ups.end("a", Refusal::Forbidden("no"));
        assert_eq!(look_ups.begin("a", || None::<()>, now), Err(Refusal::Forbidden("no")));
    }

    #[test]
    fn no_more_of_them_than_there_is_room_for() {
        let start = Instant::now();
        let mut look_ups = LookUps::default();
        let mut begun = |second: u64| {
            let now = start + Duration::from_secs(second);
            (0..10_000)
                .filter(|number| look_ups.begin(&format!("{second}-{number}"), || Some(()), now).is_ok())
                .count()
        };
        assert_eq!([0, 59, 60].map(&mut begun), [CAPACITY, 0, CAPACITY]);
    }
}
