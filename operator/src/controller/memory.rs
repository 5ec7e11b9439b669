//! What the controller remembers of each session from one reconcile to the next. All of it may be lost: it only saves
//! work and repetition.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::clients::{Tracker, UnfitNodes};
use crate::cluster::Key;
use crate::controller::admitted::Admitted;
use crate::controller::apply::{Contests, Refusals};
use crate::controller::observe::{FailedAttempts, Trouble};
use crate::controller::pending::Pending;
use crate::controller::policies::Policies;
use crate::controller::run_clients::HadMedia;
use crate::controller::stuck_pods::PodEvents;
use crate::controller::templates::Built;
use crate::run::ObservedEnd;

/// Versions of an object that one reconcile writes to at most: the status is written before pods are created, and at the end.
const MOST_VERSIONS: usize = 2;

/// What is remembered of one session.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Reconciles that failed in a row.
    pub(super) failures: u32,
    /// The last failure in words, until there is a success.
    pub(super) failure: Option<String>,
    /// The status of the condition ObjectivesMet at the last reconcile.
    pub(super) objectives_met: Option<String>,
    /// What is known of its client pods beyond the watch.
    pub(super) clients: Tracker,
    /// What this process has made its pods of.
    pub(super) made: Option<Built>,
    /// What admission made of its clients' pods.
    pub(super) admitted: Admitted,
    /// Since when nodes of its clients do not fit.
    pub(super) unfit: UnfitNodes,
    /// The last attempts of its clients that failed.
    pub(super) failed_attempts: FailedAttempts,
    /// What the events of its stuck pods said last.
    pub(super) pod_events: PodEvents,
    /// The NetworkPolicies that select its pods, as they were read last.
    pub(super) policies: Option<Policies>,
    /// Since when it has had problems.
    pub(super) trouble: Trouble,
    /// Children that the API server refused.
    pub(super) refusals: Refusals,
    /// Children that somebody else changes back.
    pub(super) contests: Contests,
    /// The run that was observed to end.
    pub(super) end: ObservedEnd,
    /// The clients of the run that have had media.
    pub(super) had_media: HadMedia,
    /// What is still to come from the reports.
    pub(super) pending: Pending,
    /// When its status was written last.
    pub(super) status_written: Option<Instant>,
    /// By object: its last versions that something was written to. Whoever sees one of them sees what was before.
    superseded: HashMap<String, Vec<String>>,
    /// By child: what it was when nothing came of applying something to it, and the hash of that.
    unchanged: HashMap<String, (String, String)>,
}

impl Memory {
    /// Whether a version of an object is known not to be the last one: the watch has not brought the next yet.
    pub(super) fn is_superseded(&self, object: &str, version: &str) -> bool {
        self.superseded.get(object).is_some_and(|known| known.iter().any(|known| known == version))
    }

    /// Remembers that this version is not the last one.
    pub(super) fn supersede(&mut self, object: &str, version: &str) {
        let versions = self.superseded.entry(object.to_owned()).or_default();
        versions.push(version.to_owned());
        versions.drain(..versions.len().saturating_sub(MOST_VERSIONS));
    }

    /// Whether applying what `hash` names changes nothing in a child with this fingerprint.
    pub(super) fn is_unchanged(&self, child: &str, fingerprint: &str, hash: &str) -> bool {
        let known = self.unchanged.get(child);
        known.is_some_and(|known| (known.0.as_str(), known.1.as_str()) == (fingerprint, hash))
    }

    /// Remembers that it does not.
    pub(super) fn unchanged(&mut self, child: &str, fingerprint: &str, hash: &str) {
        self.unchanged.insert(child.to_owned(), (fingerprint.to_owned(), hash.to_owned()));
    }
}

/// What is remembered of all sessions.
#[derive(Debug, Default)]
pub(super) struct Memories(Mutex<HashMap<Key, (String, Memory)>>);

impl Memories {
    /// Calls `f` with what is remembered of the session. A session of the same name with another UID is another one.
    pub(super) fn with<T>(&self, session: &Key, uid: &str, f: impl FnOnce(&mut Memory) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(session.clone()).or_default();
        if entry.0 != uid {
            *entry = (uid.to_owned(), Memory::default());
        }
        f(&mut entry.1)
    }

    /// Forgets a session that is gone.
    pub(super) fn forget(&self, session: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namesake_starts_with_nothing() {
        let memories = Memories::default();
        let key = Key::new("harbor").within("lighthouse");
        let fail = |uid| {
            memories.with(&key, uid, |memory| {
                memory.failures += 1;
                memory.failures
            })
        };
        assert_eq!((fail("a"), fail("a"), fail("b")), (1, 2, 1));
        memories.forget(&key);
        assert_eq!(fail("b"), 1);
    }

    #[test]
    fn only_the_version_that_was_written_to_is_superseded() {
        let mut memory = Memory::default();
        memory.supersede("Deployment/harbor-server", "7");
        assert!(memory.is_superseded("Deployment/harbor-server", "7"));
        assert!(!memory.is_superseded("Deployment/harbor-server", "8"));
        for version in ["8", "9"] {
            memory.supersede("Deployment/harbor-server", version);
        }
        let is_known = |version| memory.is_superseded("Deployment/harbor-server", version);
        assert_eq!(["7", "8", "9"].map(is_known), [false, true, true]);
        assert!(!memory.is_superseded("Service/harbor-server", "7"));
    }

    #[test]
    fn only_the_same_version_and_content_are_unchanged() {
        let mut memory = Memory::default();
        memory.unchanged("Deployment/harbor-server", "7", "abc");
        assert!(memory.is_unchanged("Deployment/harbor-server", "7", "abc"));
        assert!(!memory.is_unchanged("Deployment/harbor-server", "8", "abc"));
        assert!(!memory.is_unchanged("Deployment/harbor-server", "7", "abd"));
        assert!(!memory.is_unchanged("Service/harbor-server", "7", "abc"));
    }
}
