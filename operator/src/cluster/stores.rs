//! What the watches keep in memory.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::runtime::reflector::Store;

use crate::cluster::keys::Guard;

/// What others may read as well.
#[derive(Clone)]
pub struct Stores {
    /// All sessions.
    pub sessions: Store<Guard>,
    /// The pods of all sessions.
    pub pods: Store<Pod>,
}

/// The children of all sessions.
pub(crate) struct Children {
    pub(crate) deployments: Store<Deployment>,
    pub(crate) services: Store<Service>,
    pub(crate) service_accounts: Store<ServiceAccount>,
    pub(crate) config_maps: Store<ConfigMap>,
    pub(crate) jobs: Store<Job>,
    pub(crate) network_policies: Store<NetworkPolicy>,
}
