//! Which sessions move to what a new operator makes: a few at a time, so that an upgrade does not restart all at once. Which have
//! moved, and when, is stored with them: another process [goes on](Rollout::resume) from there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Sessions that move at a time.
const AT_ONCE: usize = 5;
/// What is said of a session that has just moved is not yet about its new pods.
const SETTLING: Duration = Duration::from_secs(10);
/// A session that does not get ready again keeps others waiting for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a session moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It does not: it is as this operator makes it, or is a run with an end, which stays as it is until then.
    Nothing,
    /// Others move first.
    Waiting,
    /// It is its turn. That is stored before anything of it is made anew, so that nothing is made twice where this process ends
    /// in between.
    Now,
}

/// The sessions that move, and those that wait for it. At most as many as there are.
#[derive(Debug)]
pub struct Rollout<K> {
    moving: BTreeMap<K, Turn>,
    waiting: BTreeSet<K>,
}

/// The turn of a session.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// When it was given, or when the session was made anew.
    since: Instant,
    /// Whether it was made anew. Should it have to move once more, that is another turn.
    is_taken: bool,
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
        let known = self.moving.get(session);
        if known.is_none_or(|turn| turn.is_taken) {
            let others = self.moving.len() - usize::from(known.is_some());
            if others >= AT_ONCE {
                self.waiting.insert(session.clone());
                return false;
            }
            self.moving.insert(session.clone(), Turn { since: now, is_taken: false });
        }
        self.waiting.remove(session);
        true
    }

    /// A session that had its turn is made anew now: from now on it is waited for.
    pub fn begin(&mut self, session: &K, now: Instant) {
        self.moving.insert(session.clone(), Turn { since: now, is_taken: true });
        self.waiting.remove(session);
    }

    /// A session was made anew `age` ago, by another process.
    pub fn resume(&mut self, session: K, age: Duration, now: Instant) {
        if let Some(since) = now.checked_sub(age).filter(|_| age < PATIENCE) {
            self.moving.insert(session, Turn { since, is_taken: true });
        }
    }

    /// For how long others wait for a session that moves.
    pub fn waited_for(&mut self, session: &K, now: Instant) -> Option<Duration> {
        self.give_up(now);
        let turn = self.moving.get(session)?;
        Some(PATIENCE.saturating_sub(now.saturating_duration_since(turn.since)))
    }

    /// A session has moved, and is ready.
    pub fn settled(&mut self, session: &K, now: Instant) {
        let turn = self.moving.get(session);
        if turn.is_some_and(|turn| now.saturating_duration_since(turn.since) >= SETTLING) {
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
        self.moving.retain(|_, turn| now.saturating_duration_since(turn.since) < PATIENCE);
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

    #[test]
    fn another_process_waits_for_those_that_have_just_moved() {
        let start = Instant::now();
        let now = start + Duration::from_secs(100);
        let mut rollout = Rollout::default();
        for (session, seconds) in [(0, 59), (1, 60), (2, 5), (3, 5), (4, 5), (5, 5)] {
            rollout.resume(session, Duration::from_secs(seconds), now);
        }
        assert!(!rollout.may_move(&9, now), "five of them are waited for");
        assert!(rollout.may_move(&9, now + Duration::from_secs(1)), "the first has had its time");
        assert!(!rollout.may_move(&8, now + Duration::from_secs(1)));
        // It has moved, and a still later version makes it otherwise: that is another turn.
        rollout.begin(&9, now + Duration::from_secs(2));
        let later = now + Duration::from_secs(60);
        assert!(rollout.may_move(&9, later));
        assert_eq!(rollout.waited_for(&9, later), Some(PATIENCE));
        assert!(rollout.may_move(&9, later + Duration::from_secs(9)));
        assert_eq!(
            rollout.waited_for(&9, later + Duration::from_secs(9)),
            Some(PATIENCE - Duration::from_secs(9))
        );
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
