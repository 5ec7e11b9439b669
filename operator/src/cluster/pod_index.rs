//! The pods of each session by name: a reconcile of one session does not go through the pods of all.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::Event;

use crate::cluster::keys::Key;
use crate::cluster::owners::session_by_label;

/// Follows a watch of pods. It may name pods that are gone, or of another session by now: what a pod is, the store knows.
#[derive(Default)]
pub(super) struct PodIndex(Mutex<HashMap<Key, HashSet<ObjectRef<Pod>>>>);

impl PodIndex {
    /// Takes note of what happened. `is_there` says whether the store has a pod.
    pub(super) fn follow(&self, event: &Event<Pod>, is_there: impl Fn(&ObjectRef<Pod>) -> bool) {
        let mut sessions = self.sessions();
        match event {
            Event::Apply(pod) | Event::InitApply(pod) => {
                if let Some(session) = session_by_label(pod) {
                    sessions.entry(session).or_default().insert(ObjectRef::from_obj(pod));
                }
            }
            Event::Delete(pod) => {
                let Some(session) = session_by_label(pod) else { return };
                let Some(pods) = sessions.get_mut(&session) else { return };
                pods.remove(&ObjectRef::from_obj(pod));
                if pods.is_empty() {
                    sessions.remove(&session);
                }
            }
            Event::Init => {}
            // Deletions may have been missed.
            Event::InitDone => sessions.retain(|_, pods| {
                pods.retain(&is_there);
                !pods.is_empty()
            }),
        }
    }

    /// The names of a session's pods.
    pub(super) fn pods_of(&self, session: &Key) -> Vec<ObjectRef<Pod>> {
        self.sessions().get(session).into_iter().flatten().cloned().collect()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Key, HashSet<ObjectRef<Pod>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, session: &str) -> Pod {
        let labels = json!({"app.kubernetes.io/instance": session});
        let metadata = json!({"name": name, "namespace": "lighthouse", "labels": labels});
        serde_json::from_value(json!({"metadata": metadata})).unwrap()
    }

    #[test]
    fn pods_come_and_go_and_some_are_missed() {
        let index = PodIndex::default();
        let follow = |event: Event<Pod>| index.follow(&event, |pod| pod.name != "missed");
        let named = |session: &str| {
            let pods = index.pods_of(&Key::new(session).within("lighthouse"));
            let mut names: Vec<_> = pods.into_iter().map(|pod| pod.name).collect();
            names.sort();
            names
        };
        follow(Event::InitApply(pod("a", "harbor")));
        follow(Event::Apply(pod("missed", "harbor")));
        follow(Event::Apply(pod("c", "pier")));
        follow(Event::Apply(pod("c", "pier")));
        assert_eq!(
            (named("harbor"), named("pier")),
            (vec!["a".into(), "missed".into()], vec!["c".to_owned()])
        );
        follow(Event::Init);
        follow(Event::InitDone);
        follow(Event::Delete(pod("c", "pier")));
        assert_eq!((named("harbor"), named("pier")), (vec!["a".to_owned()], vec![]));
        follow(Event::Delete(pod("a", "harbor")));
        assert!(index.sessions().is_empty(), "nothing is kept of sessions without pods");
    }
}
