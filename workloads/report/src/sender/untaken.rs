//! Since when no post was taken, and why.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::poster::Reply;
use super::result::PostResult;

/// Since when no post was taken. Clones share that.
#[derive(Debug, Clone)]
pub struct Untaken(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    since: Option<Instant>,
    why: String,
}

impl Untaken {
    /// Nothing has been taken of a process that starts at `now`.
    pub fn starting(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(State { since: Some(now), why: "none was answered".to_owned() })))
    }

    /// Since when there are posts of which none was taken; `None` while the last one was. Time in which there was nothing to
    /// post does not count, save for that before the first one.
    pub fn since(&self) -> Option<Instant> {
        self.lock().since
    }

    /// Why the last one of these was not taken.
    pub fn why(&self) -> String {
        self.lock().why.clone()
    }

    /// A post begins: it counts from now on, as it may not come to an end for long.
    pub fn begin(&self, now: Instant) {
        self.lock().since.get_or_insert(now);
    }

    /// What became of it.
    pub(super) fn end(&self, Reply { result, reason, .. }: &Reply) {
        match result {
            PostResult::Accepted => self.take(),
            _ => self.lock().why.clone_from(reason),
        }
    }

    /// A post was taken.
    pub fn take(&self) {
        self.lock().since = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every method leaves a whole state behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    fn reply(result: PostResult, reason: &str) -> Reply {
        Reply { result, reason: reason.to_owned(), answer: Bytes::new() }
    }

    #[test]
    fn it_counts_from_the_first_post_that_was_not_taken() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let posts = Untaken::starting(start);
        posts.begin(at(3));
        posts.end(&reply(PostResult::Unreachable, "no route"));
        assert_eq!((posts.since(), posts.why().as_str()), (Some(start), "no route"));
        posts.begin(at(9));
        posts.end(&reply(PostResult::Accepted, ""));
        assert_eq!(posts.since(), None, "nothing to post is no silence");
        posts.begin(at(70));
        assert_eq!(posts.since(), Some(at(70)), "one that hangs counts");
        for result in [PostResult::Forbidden, PostResult::Unauthorized, PostResult::NoToken] {
            posts.end(&reply(result, "no"));
            posts.begin(at(80));
        }
        assert_eq!(posts.since(), Some(at(70)));
    }
}
