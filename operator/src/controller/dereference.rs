//! What exists of a session before anything is decided. Reading it is the first step of a reconcile; everything up to
//! apply works on this alone.

use std::sync::Arc;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Pod;
use kube::Resource;
use kube::runtime::reflector::{ObjectRef, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cluster::{Kept, Watches};
use crate::controller::resources::{Observed, Resources};
use crate::session::Session;
use crate::session::labels::Component;

/// What exists of a session.
pub struct Dereferenced {
    /// Its children.
    pub resources: Resources<Observed>,
    /// Its pods, those of the server and of the clients.
    pub pods: Vec<Arc<Pod>>,
}

/// Reads it from memory, where the watches keep it.
pub(super) fn dereference(session: &Session, watches: &Watches) -> Dereferenced {
    let children = &watches.children;
    let resources = Resources {
        workload_service_account: child(&children.service_accounts, session, Component::Workload),
        report_ca: child(&children.config_maps, session, Component::ReportCa),
        server_deployment: child(&children.deployments, session, Component::Server),
        server_service: child(&children.services, session, Component::Server),
        client_job: child(&children.jobs, session, Component::Client),
        server_network_policy: child(&children.network_policies, session, Component::Server),
        client_network_policy: child(&children.network_policies, session, Component::Client),
        media_service: child(&children.services, session, Component::Media),
    };
    let pods = watches.pods_of(&ObjectRef::new(&session.name).within(&session.namespace));
    Dereferenced { resources, pods }
}

fn child<K>(store: &Store<Kept<K>>, session: &Session, component: Component) -> Option<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Serialize + DeserializeOwned,
{
    let key = ObjectRef::new(&session.child_name(component)).within(&session.namespace);
    store.get(&key)?.object()
}
