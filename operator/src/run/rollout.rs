//! Which sessions move to the images of a new operator: a few at a time, so that an upgrade does not restart all at once.
//! What is known here may be lost: then a few others move.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Sessions that move at a time.
const AT_ONCE: usize = 5;
/// What is said of a session that has just moved is not yet about its new pods.
const SETTLING: Duration = Duration::from_secs(10);
/// A session that does not get ready again keeps others waiting for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The sessions that move, and those that wait for it. At most as many as there are.
#[derive(Debug)]
pub struct Rollout<K> {
    moving: BTreeMap<K, Instant>,
    waiting: BTreeSet<K>,
}

impl<K> Default for Rollout<K> {
    fn default() -> Self {
        Self { moving: BTreeMap::new(), waiting: BTreeSet::new() }
    }
}

impl<K: Clone + Ord> Rollout<K> {
    /// Whether a session that is to move may do so now. Else it is named by [`Rollout::next`] when it may.
    pub fn may_move(&mut self, session: &K, now: Instant) -> bool {
        self.give_up(now);
        if !self.moving.contains_key(session) {
            if self.moving.len() >= AT_ONCE {
                self.waiting.insert(session.clone());
                return false;
            }
            self.moving.insert(session.clone(), now);
        }
        self.waiting.remove(session);
        true
    }

    /// For how long others wait for a session that moves.
    pub fn waited_for(&mut self, session: &K, now: Instant) -> Option<Duration> {
        self.give_up(now);
        let since = self.moving.get(session)?;
        Some(PATIENCE.saturating_sub(now.saturating_duration_since(*since)))
    }

    /// A session has moved, and is ready.
    pub fn settled(&mut self, session: &K, now: Instant) {
        let since = self.moving.get(session);
        if since.is_some_and(|since| now.saturating_duration_since(*since) >= SETTLING) {
            self.moving.remove(session);
        }
    }

    /// A session is gone.
    pub fn forget(&mut self, session: &K) {
        self.moving.remove(session);
        self.waiting.remove(session);
    }

    /// Sessions that have waited and may move now. They are to ask again.
    pub fn next(&mut self, now: Instant) -> Vec<K> {
        self.give_up(now);
        let free = AT_ONCE.saturating_sub(self.moving.len());
        std::iter::from_fn(|| self.waiting.pop_first()).take(free).collect()
    }

    fn give_up(&mut self, now: Instant) {
        self.moving.retain(|_, since| now.saturating_duration_since(*since) < PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_move_when_others_are_ready_again_or_have_had_their_time() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut rollout = Rollout::default();
        let moved: Vec<_> = (0..12).filter(|session| rollout.may_move(session, at(0))).collect();
        assert_eq!(moved, [0, 1, 2, 3, 4]);
        assert_eq!(rollout.next(at(1)), [0; 0]);
        assert!(rollout.may_move(&3, at(1)), "it moves already");
        rollout.settled(&1, at(9));
        assert_eq!(rollout.next(at(9)), [0; 0], "its old pods are ready still");
        rollout.settled(&1, at(10));
        rollout.forget(&3);
        assert_eq!(rollout.next(at(10)), [5, 6]);
        assert!(
            rollout.may_move(&5, at(10)) && rollout.may_move(&9, at(10)) && !rollout.may_move(&6, at(10))
        );
        assert_eq!(rollout.waited_for(&0, at(20)), Some(Duration::from_secs(40)));
        assert_eq!((rollout.waited_for(&0, at(60)), rollout.waited_for(&6, at(60))), (None, None));
        assert_eq!(rollout.next(at(60)), [6, 7, 8]);
    }

    proptest! {
        #[test]
        fn never_more_at_once_and_all_in_the_end(
            events in prop::collection::vec((0_u8..20, 0_u64..30, any::<bool>()), 0..200),
        ) {
            let (start, mut second) = (Instant::now(), 0);
            let mut rollout = Rollout::default();
            let mut asking: BTreeSet<u8> = (0..20).collect();
            let mut moved_at: BTreeMap<u8, u64> = BTreeMap::new();
            let mut step = |rollout: &mut Rollout<u8>, asking: &mut BTreeSet<u8>, session: u8, second: u64| {
                let now = start + Duration::from_secs(second);
                if asking.contains(&session) && rollout.may_move(&session, now) {
                    asking.remove(&session);
                    moved_at.insert(session, second);
                }
                moved_at.retain(|session, at| rollout.waited_for(session, now).is_some() && second < *at + 60);
                assert!(moved_at.len() <= AT_ONCE);
            };
            for (session, seconds, is_ready) in events {
                second += seconds;
                if is_ready {
                    rollout.settled(&session, start + Duration::from_secs(second));
                }
                step(&mut rollout, &mut asking, session, second);
            }
            // Nobody gets ready any more: each waits for its turn, and gets it.
            for session in asking.clone() {
                step(&mut rollout, &mut asking, session, second);
            }
            for _ in 0..4 {
                second += 60;
                for session in rollout.next(start + Duration::from_secs(second)) {
                    step(&mut rollout, &mut asking, session, second);
                }
            }
            prop_assert_eq!(asking, BTreeSet::new());
        }
    }
}
