//! Answers that are kept for a while, so many of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How long an answer counts, from when it was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    /// So long is nobody asked again.
    pub(super) fresh: Duration,
    /// So long does it count where nobody can be asked again; no shorter.
    pub(super) at_most: Duration,
}

/// Answers by what was asked.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    capacity: usize,
    kept: HashMap<K, Kept<V>>,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    fresh_until: Instant,
    until: Instant,
}

impl<K: Eq + Hash + Clone, V: Clone> Memory<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, kept: HashMap::new() }
    }

    /// What was answered, while it is fresh.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<V> {
        self.kept.get(key).filter(|kept| now < kept.fresh_until).map(|kept| kept.value.clone())
    }

    /// What was answered, while it counts for want of a fresh one.
    pub(super) fn get_old(&self, key: &K, now: Instant) -> Option<V> {
        self.kept.get(key).filter(|kept| now < kept.until).map(|kept| kept.value.clone())
    }

    /// Keeps an answer. Where there is no room, that makes way which counts no more, or for the shortest time: refusals before
    /// what others go on with.
    pub(super) fn keep(&mut self, key: K, value: V, validity: Validity, now: Instant) {
        if self.kept.len() >= self.capacity && !self.kept.contains_key(&key) {
            self.kept.retain(|_, kept| now < kept.until);
            if self.kept.len() >= self.capacity {
                let soonest = self.kept.iter().min_by_key(|(_, kept)| kept.until).map(|(key, _)| key.clone());
                soonest.and_then(|key| self.kept.remove(&key));
            }
        }
        let (fresh_until, until) = (now + validity.fresh, now + validity.at_most);
        self.kept.insert(key, Kept { value, fresh_until, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_seconds(fresh: u64, at_most: u64) -> Validity {
        Validity { fresh: Duration::from_secs(fresh), at_most: Duration::from_secs(at_most) }
    }

    #[test]
    fn an_answer_counts_for_a_while() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut memory = Memory::new(2);
        memory.keep("a", 1, for_seconds(10, 10), at(0));
        assert_eq!([9, 10].map(|second| memory.get(&"a", at(second))), [Some(1), None]);
        memory.keep("a", 2, for_seconds(10, 30), at(10));
        assert_eq!((memory.get(&"a", at(19)), memory.get(&"b", at(19))), (Some(2), None));
        // For want of a fresh one.
        assert_eq!([20, 39, 40].map(|second| memory.get_old(&"a", at(second))), [Some(2), Some(2), None]);
        assert_eq!(memory.get(&"a", at(20)), None);
    }

    #[test]
    fn where_there_is_no_room_the_shortest_answer_goes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut memory = Memory::new(2);
        memory.keep("good", 0, for_seconds(60, 60), at(0));
        for (number, junk) in ["a", "b", "c"].into_iter().enumerate() {
            memory.keep(junk, number, for_seconds(10, 10), at(0));
        }
        let known = ["good", "a", "b", "c"].map(|key| memory.get(&key, at(1)).is_some());
        assert_eq!(known, [true, false, false, true]);
        // What is over makes way first.
        memory.keep("d", 4, for_seconds(10, 10), at(10));
        assert_eq!(memory.get(&"good", at(11)), Some(0));
        assert_eq!(memory.kept.len(), 2);
    }
}
