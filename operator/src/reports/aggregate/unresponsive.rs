//! How long the server of a session has said nothing, and how much of that is not its own doing.

use std::time::{Duration, Instant};

use crate::reports::aggregate::Tracked;

/// How long a server may say nothing before nothing is known of its session. It reports every 10 s while it has a
/// client.
pub(super) const UNRESPONSIVE_AFTER: Duration = Duration::from_secs(30);
/// Who is turned away comes again within this time.
const RETRIES_WITHIN: Duration = Duration::from_secs(30);
/// How long after the last report a server can be excused. That it was there is only what a token claims, which anybody
/// can forge: that must not hide for ever that a server is silent.
const LONGEST_GRACE: Duration = Duration::from_secs(600);

impl Tracked {
    /// A report that claims to be the server's was not taken, for a reason that lies with the operator.
    pub(in crate::reports) fn extend_grace(&mut self, now: Instant) {
        let until = (now + RETRIES_WITHIN).min(self.received() + LONGEST_GRACE);
        self.grace_until = self.grace_until.max(Some(until));
    }

    /// Whether the server has said nothing for so long that nothing is known any more, and this is news.
    pub(in crate::reports) fn becomes_unresponsive(&mut self, now: Instant) -> bool {
        let is_unresponsive = self.server.is_some() && self.is_unresponsive(now);
        is_unresponsive && !std::mem::replace(&mut self.is_unresponsiveness_known, is_unresponsive)
    }

    /// Whether the server has said nothing for so long that nothing is known any more.
    pub(super) fn is_unresponsive(&self, now: Instant) -> bool {
        let since = self.received().max(self.grace_until.unwrap_or(self.since));
        now.saturating_duration_since(since) >= UNRESPONSIVE_AFTER
    }

    /// When the server was received last, or else could have been for the first time.
    fn received(&self) -> Instant {
        self.server.as_ref().map_or(self.since, |server| server.received)
    }
}
