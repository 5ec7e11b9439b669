//! What was found out about tokens, for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};

/// How long an accepted token is not asked about again, unless it ends before.
const ACCEPTED: Duration = Duration::from_secs(300);
/// How long one that was accepted stands where it cannot be asked about again, unless it ends before: as long as the
/// tokens last that pods get.
const LONGEST: Duration = Duration::from_secs(3600);
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
pub(super) struct TokenCache<A, R> {
    capacity: usize,
    entries: HashMap<TokenHash, Entry<A, R>>,
}

struct Entry<A, R> {
    answer: Result<A, R>,
    /// Until then nobody is asked again.
    fresh_until: Instant,
    /// Then an accepted token ends, or a refused one may have become a good one.
    ends: Instant,
}

impl<A: Clone, R: Clone> TokenCache<A, R> {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, entries: HashMap::new() }
    }

    /// What is known of a token.
    pub(super) fn get(&self, token: &TokenHash, now: Instant) -> Option<Result<A, R>> {
        self.entries.get(token).filter(|entry| now < entry.fresh_until).map(|entry| entry.answer.clone())
    }

    /// Whose a token was when that was asked last, for when it cannot be asked again.
    pub(super) fn last_accepted(&self, token: &TokenHash, now: Instant) -> Option<A> {
        self.entries.get(token).filter(|entry| now < entry.ends)?.answer.clone().ok()
    }

    /// Remembers what was found out about a token that is valid for another `remaining`.
    pub(super) fn insert(
        &mut self,
        token: TokenHash,
        answer: Result<A, R>,
        remaining: Duration,
        now: Instant,
    ) {
        let limit = if answer.is_ok() { ACCEPTED } else { REFUSED }.min(remaining);
        let lifetime = if answer.is_ok() { remaining.min(LONGEST) } else { limit };
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&token) {
            self.make_room(now);
        }
        self.entries.insert(token, Entry { answer, fresh_until: now + limit, ends: now + lifetime });
    }

    /// Tokens in memory.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets what is over, else what is over next: refused tokens before accepted ones, so that a flood of junk
    /// drives out nobody.
    fn make_room(&mut self, now: Instant) {
        self.entries.retain(|_, entry| now < entry.ends);
        if self.entries.len() >= self.capacity {
            let next = self.entries.iter().min_by_key(|(_, entry)| entry.ends).map(|(token, _)| *token);
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
        let mut cache = TokenCache::new();
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
    fn an_accepted_token_stands_until_it_ends_if_need_be() {
        let now = Instant::now();
        let mut cache = TokenCache::new();
        cache.insert(token(1), Ok(1), Duration::from_secs(600), now);
        cache.insert(token(2), Ok(2), 2 * HOUR, now);
        cache.insert(token(3), Err("no"), HOUR, now);
        let stands = |second| {
            let now = now + Duration::from_secs(second);
            [1, 2, 3].map(|number| cache.last_accepted(&token(number), now).is_some())
        };
        assert_eq!(stands(599), [true, true, false]);
        assert_eq!(stands(600), [false, true, false]);
        assert_eq!(stands(3600), [false, false, false]);
    }

    #[test]
    fn a_flood_of_refused_tokens_drives_out_refused_tokens() {
        let now = Instant::now();
        let mut cache = TokenCache::with_capacity(8);
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
        let mut cache = TokenCache::with_capacity(2);
        cache.insert(token(0), Err(()), HOUR, now);
        cache.insert(token(1), Ok(()), HOUR, now);
        cache.insert(token(2), Ok(()), HOUR, now + REFUSED);
        assert_eq!(cache.len(), 2);
        assert_eq!(cache.get(&token(1), now + REFUSED), Some(Ok(())));
    }
}
