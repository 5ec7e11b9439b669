//! What was found out about tokens, for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};

/// How long an accepted token is not asked about again, unless it ends before.
const ACCEPTED: Duration = Duration::from_secs(300);
/// How long a refused one is not.
const REFUSED: Duration = Duration::from_secs(10);
/// Tokens that are remembered: more than sessions' pods that report at a time.
const CAPACITY: usize = 65_536;

/// Names a token without keeping it: what leaks from memory cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(hash)
    }
}

/// Answers by token.
pub(super) struct Cache<A, R> {
    capacity: usize,
    entries: HashMap<TokenHash, (Instant, Result<A, R>)>,
}

impl<A: Clone, R: Clone> Cache<A, R> {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, entries: HashMap::new() }
    }

    /// What is known of a token.
    pub(super) fn get(&self, token: &TokenHash, now: Instant) -> Option<Result<A, R>> {
        let (until, answer) = self.entries.get(token)?;
        (now < *until).then(|| answer.clone())
    }

    /// Remembers what was found out about a token that is valid for another `remaining`.
    pub(super) fn insert(
        &mut self,
        token: TokenHash,
        answer: Result<A, R>,
        remaining: Duration,
        now: Instant,
    ) {
        let limit = if answer.is_ok() { ACCEPTED } else { REFUSED };
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&token) {
            self.make_room(now);
        }
        self.entries.insert(token, (now + limit.min(remaining), answer));
    }

    /// Tokens in memory.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets what is over, else what is over next: refused tokens before accepted ones, so that a flood of junk
    /// drives out nobody.
    fn make_room(&mut self, now: Instant) {
        self.entries.retain(|_, (until, _)| now < *until);
        if self.entries.len() >= self.capacity {
            let next = self.entries.iter().min_by_key(|(_, (until, _))| *until).map(|(token, _)| *token);
            next.map(|token| self.entries.remove(&token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn token(number: usize) -> TokenHash {
        TokenHash::of(&number.to_string())
    }

    #[test]
    fn answers_hold_for_their_time() {
        let now = Instant::now();
        let mut cache = Cache::new();
        cache.insert(token(1), Ok(1), HOUR, now);
        cache.insert(token(2), Ok(2), Duration::from_secs(60), now);
        cache.insert(token(3), Err("no"), HOUR, now);
        let known = |second| {
            let now = now + Duration::from_secs(second);
            [1, 2, 3].map(|number| cache.get(&token(number), now).is_some())
        };
        assert_eq!(cache.get(&token(1), now), Some(Ok(1)));
        assert_eq!(cache.get(&token(3), now), Some(Err("no")));
        assert_eq!(cache.get(&token(4), now), None);
        assert_eq!(known(9), [true, true, true]);
        assert_eq!(known(10), [true, true, false]);
        assert_eq!(known(60), [true, false, false]);
        assert_eq!(known(300), [false, false, false]);
    }

    #[test]
    fn a_flood_of_refused_tokens_drives_out_refused_tokens() {
        let now = Instant::now();
        let mut cache = Cache::with_capacity(8);
        cache.insert(token(0), Ok(()), HOUR, now);
        for number in 1..100 {
            cache.insert(token(number), Err(()), HOUR, now);
        }
        assert_eq!(cache.len(), 8);
        assert_eq!(cache.get(&token(0), now), Some(Ok(())));
        assert_eq!(cache.get(&token(99), now), Some(Err(())));
    }

    #[test]
    fn what_is_over_makes_room_first() {
        let now = Instant::now();
        let mut cache = Cache::with_capacity(2);
        cache.insert(token(0), Err(()), HOUR, now);
        cache.insert(token(1), Ok(()), HOUR, now);
        cache.insert(token(2), Ok(()), HOUR, now + REFUSED);
        assert_eq!(cache.len(), 2);
        assert_eq!(cache.get(&token(1), now + REFUSED), Some(Ok(())));
    }
}
