//! Reads all that is stored.

use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use kube::api::{Api, ListParams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::agreed::Found;
use crate::pods;
use crate::world::World;

/// All that there is of sessions.
pub(crate) async fn found(world: &World) -> Found {
    let mut others = all::<Service>(world).await;
    others.extend(all::<ServiceAccount>(world).await);
    others.extend(all::<ConfigMap>(world).await);
    others.retain(|child| {
        child["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "ballsession-operator"
    });
    Found {
        sessions: all::<BallSession>(world).await,
        deployments: all::<Deployment>(world).await,
        others,
        pods: pods::list(&world.api()).await.into_iter().map(|(_, pod)| pod).collect(),
    }
}

/// All objects of a kind in the namespace, by name.
pub(crate) async fn all<K>(world: &World) -> Vec<Value>
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned,
{
    let api: Api<K> = world.api();
    api.list(&ListParams::default()).await.unwrap().iter().map(|object| json!(object)).collect()
}
