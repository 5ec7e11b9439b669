//! Where the objects are found that lead from a pod to its session: in what the watches know, which costs nothing, or by
//! asking the API server.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;
use kube::runtime::reflector::{Lookup, ObjectRef, Store};

use crate::reports::api_server::{ApiServer, Kind};
use crate::reports::refusal::Refusal;
use crate::reports::stores::Stores;
use crate::session::owner::controller;

/// An object that exists.
pub(super) struct Found {
    /// What controls it.
    pub(super) controller: Option<OwnerReference>,
}

/// Knows which objects exist.
pub(super) trait Objects {
    /// The object, if it exists under this UID.
    fn find(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> impl Future<Output = Result<Option<Found>, Refusal>> + Send;
}

/// What exists at this moment.
pub(super) struct Live<'a>(pub(super) &'a dyn ApiServer);

impl Objects for Live<'_> {
    async fn find(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<Option<Found>, Refusal> {
        let found = self.0.metadata(kind, namespace, name).await.map_err(|error| {
            // What the API server said is for the log: it may name what the sender has no business to know.
            tracing::debug!(%error, "look-up failed");
            Refusal::Unavailable("cannot tell now whose report it is".into())
        })?;
        Ok(found.as_ref().and_then(|metadata| under(metadata, uid)))
    }
}

impl Objects for Stores {
    async fn find(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<Option<Found>, Refusal> {
        let watched = &self.watched;
        Ok(match kind {
            Kind::Pod => stored(&watched.pods, namespace, name, uid),
            Kind::ReplicaSet => stored(&watched.replica_sets, namespace, name, uid),
            Kind::Deployment => stored(&watched.deployments, namespace, name, uid),
            Kind::Job => stored(&watched.jobs, namespace, name, uid),
            Kind::BallSession => stored(&watched.sessions, namespace, name, uid),
        })
    }
}

fn stored<K>(store: &Store<K>, namespace: &str, name: &str, uid: &str) -> Option<Found>
where
    K: Resource<DynamicType = ()> + Lookup<DynamicType = ()> + Clone + 'static,
{
    let object = store.get(&ObjectRef::new(name).within(namespace))?;
    under(object.meta(), uid)
}

fn under(metadata: &ObjectMeta, uid: &str) -> Option<Found> {
    (metadata.uid.as_deref() == Some(uid)).then(|| Found { controller: controller(metadata).cloned() })
}
