//! Who is there, and who of them in vain.

use std::time::{Duration, Instant};

use super::Measurement;
use crate::events::Presence;

/// A client without any frame counted this long after its signalling has no media.
const MEDIA_WITHIN: Duration = Duration::from_secs(10);

impl Measurement {
    /// Who is there at `now`, and how many of them in vain.
    pub fn presence(&self, now: Instant) -> Presence {
        let in_vain = |since: Instant| now.saturating_duration_since(since) >= MEDIA_WITHIN;
        let connected = self.sessions.values().filter(|session| !session.has_ended);
        let without_media = connected
            .clone()
            .filter(|session| !session.ledger.has_counted() && in_vain(session.waits_since))
            .count();
        // A client that is about to try again is still there.
        let between = self.attempts.firsts(now).filter(|first| in_vain(*first)).count();
        Presence { connected: connected.count() + between, without_media: without_media + between }
    }
}
