//! Answers that are kept for a while, so many of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Instant;

/// Answers by what was asked.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    capacity: usize,
    kept: HashMap<K, (V, Instant)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Memory<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, kept: HashMap::new() }
    }

    /// What was answered, while it counts.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<V> {
        self.kept.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// Keeps an answer for less than `until`. Where there is no room, that makes way which counts no more, or for the shortest
    /// time: refusals before what others go on with.
    pub(super) fn keep(&mut self, key: K, value: V, until: Instant, now: Instant) {
        if self.kept.len() >= self.capacity && !self.kept.contains_key(&key) {
            self.kept.retain(|_, (_, until)| now < *until);
            if self.kept.len() >= self.capacity {
                let soonest =
                    self.kept.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| key.clone());
                soonest.and_then(|key| self.kept.remove(&key));
            }
        }
        self.kept.insert(key, (value, until));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_answer_counts_for_a_while() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut memory = Memory::new(2);
        memory.keep("a", 1, at(10), at(0));
        assert_eq!([9, 10].map(|second| memory.get(&"a", at(second))), [Some(1), None]);
        memory.keep("a", 2, at(20), at(10));
        assert_eq!((memory.get(&"a", at(19)), memory.get(&"b", at(19))), (Some(2), None));
    }

    #[test]
    fn where_there_is_no_room_the_shortest_answer_goes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut memory = Memory::new(2);
        memory.keep("good", 0, at(60), at(0));
        for (number, junk) in ["a", "b", "c"].into_iter().enumerate() {
            memory.keep(junk, number, at(10), at(0));
        }
        let known = ["good", "a", "b", "c"].map(|key| memory.get(&key, at(1)).is_some());
        assert_eq!(known, [true, false, false, true]);
        // What is over makes way first.
        memory.keep("d", 4, at(20), at(10));
        assert_eq!(memory.get(&"good", at(11)), Some(0));
        assert_eq!(memory.kept.len(), 2);
    }
}
