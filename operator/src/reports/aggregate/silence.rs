//! How long the server of a session has said nothing, and how much of that is not its own doing.

use std::time::{Duration, Instant};

pub(super) use crds::contract::REPORT_SILENCE as SILENCE;

use crate::reports::aggregate::Tracked;

/// Who is turned away comes again within this time.
const COMES_AGAIN: Duration = Duration::from_secs(30);
/// How long after the last report a server can be excused. That it was there is only what a token claims, which anybody
/// can forge: that must not hide for ever that a server is silent.
const LONGEST_EXCUSE: Duration = Duration::from_secs(600);

impl Tracked {
    /// A report that claims to be the server's was not taken, for a reason that lies with the operator.
    pub(in crate::reports) fn turned_away(&mut self, now: Instant) {
        let until = (now + COMES_AGAIN).min(self.heard() + LONGEST_EXCUSE);
        self.excused_until = self.excused_until.max(Some(until));
    }

    /// Whether the server has said nothing for so long that nothing is known any more, and this is news.
    pub(in crate::reports) fn falls_silent(&mut self, now: Instant) -> bool {
        let is_silent = self.server.is_some() && self.is_silent(now);
        is_silent && !std::mem::replace(&mut self.is_silence_known, is_silent)
    }

    /// Whether the server has said nothing for so long that nothing is known any more.
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        let since = self.heard().max(self.excused_until.unwrap_or(self.since));
        now.saturating_duration_since(since) >= SILENCE
    }

    /// When the server was heard last, or else could have been for the first time.
    fn heard(&self) -> Instant {
        self.server.as_ref().map_or(self.since, |server| server.received)
    }
}
