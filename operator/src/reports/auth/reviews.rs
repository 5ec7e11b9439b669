//! TokenReviews, for API servers that do not give their keys away: so many a second, and once for each token that is accepted.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use process::Bucket;

use crate::reports::auth::claims::Claims;
use crate::reports::auth::identity::Identity;
use crate::token_hash::TokenHash;

/// How often there is a review, and how many at once after a quiet time: the pods of 500 sessions, which all report when the
/// operator has just been started, have had theirs before it would count as silence.
const REVIEWS: (Duration, u32) = (Duration::from_millis(20), 100);
/// Accepted tokens that are remembered: more than pods that report at a time.
const CAPACITY: usize = 65_536;

/// What was accepted, and when the next one may be asked about.
pub(super) struct Reviews {
    bucket: Bucket,
    capacity: usize,
    /// Only of accepted ones: junk takes up nothing.
    accepted: HashMap<TokenHash, Claims>,
}

impl Reviews {
    pub(super) fn new(now: Instant) -> Self {
        Self::with_capacity(CAPACITY, now)
    }

    fn with_capacity(capacity: usize, now: Instant) -> Self {
        Self { bucket: Bucket::new(REVIEWS.0, REVIEWS.1, now), capacity, accepted: HashMap::new() }
    }

    /// Whose an accepted token is. That its pod is still there is not for a review to say.
    pub(super) fn accepted(&self, token: &TokenHash) -> Option<Identity> {
        self.accepted.get(token).map(|claims| claims.identity.clone())
    }

    /// Takes a review; or says when to come again.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.bucket.take(now)
    }

    /// Remembers a token that was accepted, until it ends.
    pub(super) fn accept(&mut self, token: TokenHash, claims: Claims, wall: Timestamp) {
        if self.accepted.len() >= self.capacity {
            self.accepted.retain(|_, claims| wall < claims.expires);
        }
        if self.accepted.len() < self.capacity {
            self.accepted.insert(token, claims);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::testing::pod_key;

    fn claims(expires: i64) -> Claims {
        let identity = Identity { service_account: "harbor-workload".into(), pod: pod_key("server") };
        Claims { identity, expires: Timestamp::from_second(expires).unwrap() }
    }

    #[test]
    fn so_many_at_once_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut reviews = Reviews::new(start);
        let mut taken = |second| {
            let now = start + Duration::from_secs(second);
            (0..1000).filter(|_| reviews.take(now).is_ok()).count()
        };
        assert_eq!([0, 1, 10].map(&mut taken), [100, 50, 100]);
        assert_eq!(reviews.take(start + Duration::from_secs(10)), Err(Duration::from_millis(20)));
    }

    #[test]
    fn accepted_tokens_are_remembered_until_they_end_and_room_is_needed() {
        let mut reviews = Reviews::with_capacity(2, Instant::now());
        let wall = |second| Timestamp::from_second(second).unwrap();
        let [first, second, third] = ["a", "b", "c"].map(TokenHash::of);
        reviews.accept(first, claims(100), wall(0));
        reviews.accept(second, claims(200), wall(0));
        reviews.accept(third, claims(200), wall(99));
        let known =
            |reviews: &Reviews| [first, second, third].map(|token| reviews.accepted(&token).is_some());
        assert_eq!(known(&reviews), [true, true, false]);
        reviews.accept(third, claims(200), wall(100));
        assert_eq!(known(&reviews), [false, true, true]);
    }
}
