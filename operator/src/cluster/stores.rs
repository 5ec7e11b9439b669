//! What the watches keep in memory.

use futures_util::FutureExt;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::runtime::reflector::{Lookup, Store};

use crate::cluster::kept::Kept;
use crate::cluster::keys::Guard;

/// What others may read as well.
#[derive(Clone)]
pub struct Stores {
    /// All sessions.
    pub sessions: Store<Guard>,
    /// The pods of all sessions.
    pub pods: Store<Kept<Pod>>,
    /// Those of their servers.
    pub deployments: Store<Kept<Deployment>>,
    /// Between a Deployment and its pods; trimmed to whose they are.
    pub replica_sets: Store<Kept<ReplicaSet>>,
    /// By which an earlier version ran clients.
    pub jobs: Store<Kept<Job>>,
}

impl Stores {
    /// Whether everything is in memory that there was to begin with.
    pub(crate) fn are_synced(&self) -> bool {
        fn is_synced<K>(store: &Store<K>) -> bool
        where
            K: Lookup<DynamicType = ()> + Clone + 'static,
        {
            store.wait_until_ready().now_or_never().is_some_and(|synced| synced.is_ok())
        }
        is_synced(&self.sessions)
            && is_synced(&self.pods)
            && is_synced(&self.deployments)
            && is_synced(&self.replica_sets)
            && is_synced(&self.jobs)
    }
}

/// The children of all sessions, as text.
pub(crate) struct Children {
    pub(crate) deployments: Store<Kept<Deployment>>,
    pub(crate) services: Store<Kept<Service>>,
    pub(crate) service_accounts: Store<Kept<ServiceAccount>>,
    pub(crate) config_maps: Store<Kept<ConfigMap>>,
    pub(crate) jobs: Store<Kept<Job>>,
    pub(crate) network_policies: Store<Kept<NetworkPolicy>>,
}
