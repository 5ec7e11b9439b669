//! What a session is referred to by, whether or not it can be read.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::Api;
use kube::runtime::reflector::ObjectRef;
use kube::{Client, Resource, ResourceExt};

use crate::cluster::{Guard, Key};

/// What a session is known by.
#[derive(Debug, Clone)]
pub(super) struct SessionRef {
    /// Its namespace and name.
    pub(super) key: Key,
    /// Distinguishes it from others that have, had or will have the same name.
    pub(super) uid: String,
    /// The generation of its spec.
    pub(super) generation: Option<i64>,
    /// Its resource version that was observed.
    pub(super) version: String,
    /// For events.
    pub(super) reference: ObjectReference,
}

impl SessionRef {
    pub(super) fn of(stored: &Guard) -> Self {
        let metadata = stored.meta();
        Self {
            key: ObjectRef::from_obj(stored),
            uid: metadata.uid.clone().unwrap_or_default(),
            generation: metadata.generation,
            version: stored.resource_version().unwrap_or_default(),
            reference: stored.object_ref(&()),
        }
    }

    /// Where it is stored.
    pub(super) fn api(&self, client: &Client) -> Api<Guard> {
        Api::namespaced(client.clone(), self.key.namespace.as_deref().unwrap_or_default())
    }
}
