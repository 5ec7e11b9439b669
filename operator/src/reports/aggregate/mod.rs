//! What the pods of all sessions have reported, in memory: no I/O, and time is an argument.

mod clients;
mod conclusion;
mod desired;
mod earlier_errors;
mod expected;
mod judging;
mod order;
mod pod_facts;
mod responsiveness;
mod server;
mod state_change;
mod stored_process;
mod stored_session;
mod tracked;

use std::collections::HashMap;
use std::time::Instant;

pub(super) use desired::desired_status;
pub(super) use pod_facts::PodFacts;
pub(super) use stored_session::StoredSession;
pub(super) use tracked::{PostEffect, Tracked};

use crate::reports::stores::SessionKey;

/// Sessions by UID. As many as there are: [`Aggregate::retain`] drops those that are gone.
#[derive(Default)]
pub(super) struct Aggregate {
    sessions: HashMap<String, Tracked>,
}

impl Aggregate {
    /// What is known of a session, brought up to the run that it asks for now.
    pub(super) fn follow(
        &mut self,
        key: &SessionKey,
        session: &StoredSession<'_>,
        now: Instant,
    ) -> &mut Tracked {
        let tracked =
            self.sessions.entry(key.uid.clone()).or_insert_with(|| Tracked::new(key.clone(), session, now));
        tracked.follow(session, now);
        tracked
    }

    /// What is known of the session with this UID.
    pub(super) fn get(&self, uid: &str) -> Option<&Tracked> {
        self.sessions.get(uid)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, uid: &str) -> Option<&mut Tracked> {
        self.sessions.get_mut(uid)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    #[cfg(test)]
    pub(super) fn pods(&self) -> usize {
        self.sessions.values().map(|tracked| tracked.clients.pods()).sum()
    }

    /// Forgets the sessions that are not there any more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&SessionKey) -> bool) {
        self.sessions.retain(|_, tracked| is_there(tracked.key()));
    }
}

#[cfg(test)]
mod tests;
