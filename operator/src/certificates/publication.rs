//! How long all sessions have been given the authorities that are stored, by this process's own clock: those of others may
//! be off. A process that has just begun to lead counts anew, which puts a step off and loses nothing.

use std::time::{Duration, Instant};

/// What was observed of one list of authorities.
#[derive(Debug, Default)]
pub(super) struct Publication {
    bundle: String,
    known: Option<Instant>,
    published: Option<Instant>,
}

impl Publication {
    /// Takes note that `bundle` is stored at `now`, and whether all sessions have it. Those that are made later have it from
    /// their beginning.
    pub(super) fn observe(&mut self, bundle: &str, is_published: bool, now: Instant) {
        if self.bundle != bundle {
            *self = Self { bundle: bundle.to_owned(), known: Some(now), published: None };
        }
        if is_published {
            self.published.get_or_insert(now);
        }
    }

    /// How long it has been known.
    pub(super) fn known_for(&self, now: Instant) -> Duration {
        self.known.map_or(Duration::ZERO, |known| now.saturating_duration_since(known))
    }

    /// How long all sessions have had it; `None` while they have not.
    pub(super) fn published_for(&self, now: Instant) -> Option<Duration> {
        self.published.map(|published| now.saturating_duration_since(published))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_authorities_count_anew() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let seconds = Duration::from_secs;
        let mut publication = Publication::default();
        publication.observe("a", false, at(0));
        publication.observe("a", false, at(10));
        assert_eq!((publication.known_for(at(20)), publication.published_for(at(20))), (seconds(20), None));
        publication.observe("a", true, at(20));
        // A session that was made meanwhile and is on its way to get them.
        publication.observe("a", false, at(30));
        assert_eq!(publication.published_for(at(50)), Some(seconds(30)));
        publication.observe("ab", false, at(60));
        assert_eq!((publication.known_for(at(61)), publication.published_for(at(61))), (seconds(1), None));
    }
}
