//! What to do next to hold the lease. Without I/O: the caller does each [`Step`] and says how it went.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use crate::lease::record;
use crate::lease::settings::Settings;

/// The pause after a refused write. A refusal means that somebody else came first, so a fresh reading soon shows more;
/// but a server that refuses everything is not to be asked without end.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Read the lease, then [`Election::read`].
    Read,
    /// Create this one, then [`Election::written`].
    Create(Box<Lease>),
    /// Replace the stored one by this, if it still has the same version, then [`Election::written`].
    Replace(Box<Lease>),
    /// Ask again at this time.
    Wait(Instant),
    /// It was held and is no more: why. There is no step after this one.
    Lost(String),
}

/// One contender's view.
pub(super) struct Election {
    settings: Settings,
    /// The lease as it was last read or written, `Some(None)` if there was none; `None` when it has to be read first.
    known: Option<Option<Lease>>,
    /// The version that was read last, and since when it is known.
    seen: Option<(Option<String>, Instant)>,
    held_until: Option<Instant>,
    not_before: Option<Instant>,
    obstacle: Option<String>,
    /// Until when somebody else holds it who was read to hold it, if he does not renew it.
    others_until: Option<Instant>,
}

impl Election {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            known: None,
            seen: None,
            held_until: None,
            not_before: None,
            obstacle: None,
            others_until: None,
        }
    }

    /// Until when the lease is ours whatever happens; in the past once it is not.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.held_until
    }

    /// Until when another one leads for certain, as was read last.
    pub(super) fn others_until(&self) -> Option<Instant> {
        self.others_until
    }

    /// What stood in the way last, in words.
    pub(super) fn obstacle(&self) -> Option<&str> {
        self.obstacle.as_deref()
    }

    /// What to do at `now`; `wall` is the same moment as others shall read it in the lease.
    pub(super) fn next(&mut self, now: Instant, wall: Timestamp) -> Step {
        if self.held_until.is_some_and(|until| now >= until) {
            let limit = self.settings.timing.give_up_after;
            let obstacle = self.obstacle.as_deref().unwrap_or("this process was stopped for so long");
            return Step::Lost(format!("it could not be renewed for {limit:?}: {obstacle}"));
        }
        if let Some(not_before) = self.not_before.filter(|not_before| now < *not_before) {
            return Step::Wait(self.held_until.map_or(not_before, |until| not_before.min(until)));
        }
        let Settings { namespace, name, identity, predecessors, timing } = &self.settings;
        let Some(known) = &self.known else { return Step::Read };
        let Some(lease) = known else {
            let lease = record::created(namespace, name, identity, timing.duration, wall);
            return Step::Create(Box::new(lease));
        };
        let holder = record::holder(lease);
        if holder == Some(identity) {
            // Time to renew it; or a write came through of which no answer did.
            return Step::Replace(Box::new(record::renewed(lease, wall)));
        }
        if self.held_until.is_some() {
            return Step::Lost(format!("it was taken by {}", holder.unwrap_or("nobody")));
        }
        let take = record::taken(lease, identity, timing.duration, wall);
        let (Some(holder), Some((_, since))) = (holder, &self.seen) else {
            return Step::Replace(Box::new(take));
        };
        if predecessors.as_ref().is_some_and(|predecessors| holder.starts_with(predecessors)) {
            return Step::Replace(Box::new(take));
        }
        let free = *since + record::duration(lease).unwrap_or(timing.duration);
        self.others_until = Some(free);
        if now >= free {
            return Step::Replace(Box::new(take));
        }
        self.obstacle = Some(format!("held by {holder}"));
        self.pause(free.min(now + timing.retry_every))
    }

    /// The lease was read at `now`.
    pub(super) fn read(&mut self, now: Instant, lease: Option<Lease>) {
        let version = lease.as_ref().and_then(|lease| lease.metadata.resource_version.clone());
        if self.seen.as_ref().is_none_or(|(seen, _)| *seen != version) {
            self.seen = Some((version, now));
        }
        self.known = Some(lease);
        self.others_until = None;
    }

    /// It was written, by a request that was sent at `sent`.
    pub(super) fn written(&mut self, sent: Instant, lease: Lease) {
        self.known = Some(Some(lease));
        self.obstacle = None;
        // Counted from before the server can have stored it, as others count from after.
        self.held_until = Some(sent + self.settings.timing.give_up_after);
        self.not_before = Some(sent + self.settings.timing.renew_every);
    }

    /// The server refused to write: the lease is not what it was taken for.
    pub(super) fn refused(&mut self, now: Instant) {
        self.obstacle = Some("it changed at the same time".into());
        self.pause(now + REFUSED_PAUSE);
    }

    /// A request failed, or was not answered in time; whether it was carried out is not known.
    pub(super) fn failed(&mut self, now: Instant, error: String) {
        self.obstacle = Some(error);
        self.pause(now + self.settings.timing.retry_every);
    }

    /// Nothing before `until`, and then a fresh reading.
    fn pause(&mut self, until: Instant) -> Step {
        self.known = None;
        self.not_before = Some(until);
        Step::Wait(self.held_until.map_or(until, |held| until.min(held)))
    }
}

#[cfg(test)]
mod tests;
