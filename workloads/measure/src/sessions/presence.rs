//! How many clients are connected, and how many of them have no media.

use std::time::{Duration, Instant};

use super::{attempts::Attempts, session::Session};

/// A client without any frame counted this long after its signalling has no media.
const MEDIA_WITHIN: Duration = Duration::from_secs(10);

/// How many clients are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Clients with a signalling connection, and those without media that had one 5 s ago or less.
    pub connected: usize,
    /// Those of them that signalled 10 s ago or more, in one attempt or in several, and of which no frame has been
    /// counted since.
    pub without_media: usize,
}

/// The clients at `now`, by their sessions and their attempts at one.
pub(crate) fn presence<'a>(
    sessions: impl Iterator<Item = &'a Session>,
    attempts: &Attempts,
    now: Instant,
) -> Presence {
    let is_overdue = |since: Instant| now.saturating_duration_since(since) >= MEDIA_WITHIN;
    let mut presence = Presence::default();
    for session in sessions.filter(|session| !session.has_ended) {
        presence.connected += 1;
        presence.without_media +=
            usize::from(!session.ledger.has_counted() && is_overdue(session.waits_since));
    }
    // A client that is about to try again is still there.
    let between = attempts.firsts(now).filter(|first| is_overdue(*first)).count();
    Presence { connected: presence.connected + between, without_media: presence.without_media + between }
}
