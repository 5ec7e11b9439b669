//! The children of a session, and how far a reconcile has come with them.

use std::fmt::Debug;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;

/// All children of a session. Whoever takes them in hand destructures this without `..`, so that a forgotten one does
/// not compile.
pub struct Resources<S: ResourceState> {
    /// Who the pods are. Without any rights: it only distinguishes sessions and pods when they report.
    pub workload_service_account: S::Child<ServiceAccount>,
    /// By what the pods check that it is the operator to whom they report.
    pub report_ca: S::Child<ConfigMap>,
    /// Runs the server.
    pub server_deployment: S::Child<Deployment>,
    /// How clients find the server.
    pub server_service: S::Child<Service>,
    /// Ran the clients in earlier versions: it makes way for pods of the operator's own.
    pub client_job: S::Child<Job>,
    /// What the server may exchange with whom, where the session is isolated.
    pub server_network_policy: S::Child<NetworkPolicy>,
    /// What clients may exchange with whom, where the session is isolated.
    pub client_network_policy: S::Child<NetworkPolicy>,
    /// How clients reach the server's media, where that is not at its pod's address.
    pub media_service: S::Child<Service>,
}

impl Resources<Observed> {
    /// Before the first apply.
    pub fn nothing() -> Self {
        Self {
            workload_service_account: None,
            report_ca: None,
            server_deployment: None,
            server_service: None,
            client_job: None,
            server_network_policy: None,
            client_network_policy: None,
            media_service: None,
        }
    }
}

/// How far a reconcile has come with the children.
pub trait ResourceState {
    /// What is known of a child.
    type Child<T: Debug + Clone + PartialEq>: Debug + Clone + PartialEq;
}

/// As they were found, before anything was done.
pub enum Observed {}

/// As they shall be. Nothing was done yet.
pub enum Prepared {}

/// As they are after apply. Status is made of this alone.
pub enum Applied {}

impl ResourceState for Observed {
    type Child<T: Debug + Clone + PartialEq> = Option<T>;
}

impl ResourceState for Prepared {
    type Child<T: Debug + Clone + PartialEq> = Desired<T>;
}

impl ResourceState for Applied {
    type Child<T: Debug + Clone + PartialEq> = Option<T>;
}

/// What shall become of a child.
#[derive(Debug, Clone, PartialEq)]
pub enum Desired<T> {
    /// It shall exist, with at least these fields.
    Present(T),
    /// It shall not exist.
    Absent,
    /// Whether it exists, and how, is nobody's business: the run that needed it is over.
    AsItIs,
}
