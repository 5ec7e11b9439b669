//! What the watches know of sessions and pods: up to date to within a moment, and free to ask.

use std::sync::Arc;

use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::ObjectRef;

use crate::cluster::{self, Kept};

/// A session, by name and UID: another one under the same name is another session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionKey {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
}

impl SessionKey {
    /// The key of a stored session; `None` for an object that no API server stored.
    pub(super) fn of(session: &BallSession) -> Option<Self> {
        let metadata = &session.metadata;
        Some(Self {
            namespace: metadata.namespace.clone()?,
            name: metadata.name.clone()?,
            uid: metadata.uid.clone()?,
        })
    }
}

/// A pod of a session, by name and UID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodKey {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
}

/// The watched objects.
pub(super) struct Stores {
    pub(super) watched: cluster::Stores,
}

impl Stores {
    /// The session, if the watch knows it under this UID and can read it.
    pub(super) fn session(&self, key: &SessionKey) -> Option<Arc<DeserializeGuard<BallSession>>> {
        let stored = self.watched.sessions.get(&ObjectRef::new(&key.name).within(&key.namespace))?;
        (stored.uid().as_deref() == Some(&key.uid) && stored.0.is_ok()).then_some(stored)
    }

    /// The pod, if the watch knows it under this UID.
    pub(super) fn pod(&self, key: &PodKey) -> Option<Pod> {
        self.kept_pod(key)?.object()
    }

    /// Whether the watch knows a pod under this UID.
    pub(super) fn has_pod(&self, key: &PodKey) -> bool {
        self.kept_pod(key).is_some()
    }

    fn kept_pod(&self, key: &PodKey) -> Option<Arc<Kept<Pod>>> {
        let stored = self.watched.pods.get(&ObjectRef::new(&key.name).within(&key.namespace))?;
        (stored.uid().as_deref() == Some(&key.uid)).then_some(stored)
    }
}
