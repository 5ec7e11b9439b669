//! The same objects as the operator made, made without it: how long the API server and its controllers take for them by
//! themselves.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service, ServiceAccount};
use kube::api::{Api, ListParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::kubelet;
use super::world::{AT_ONCE, World};

/// What belongs to sessions.
const OURS: &str = "app.kubernetes.io/managed-by=ballsession-operator";

/// Makes what `model` has of sessions in another namespace, and waits until all its pods are ready. How long that took from the first
/// session's creation.
pub(super) async fn measure(model: &World, sessions: u32, patience: Duration) -> Result<Duration> {
    let accounts = copies::<ServiceAccount>(model, |_| ()).await?;
    let config_maps = copies::<ConfigMap>(model, |_| ()).await?;
    let deployments = copies::<Deployment>(model, |deployment| deployment.status = None).await?;
    let services = copies::<Service>(model, |service| {
        service.status = None;
        if let Some(spec) = &mut service.spec {
            (spec.cluster_ip, spec.cluster_ips) = (None, None);
        }
    })
    .await?;
    let mut clients = copies::<Pod>(model, |pod| {
        pod.status = None;
        if let Some(spec) = &mut pod.spec {
            spec.node_name = None;
        }
    })
    .await?;
    // Those of Deployments are made by their controller.
    clients
        .retain(|pod| pod.labels().get("app.kubernetes.io/component").is_some_and(|part| part == "client"));
    let pods = clients.len() + deployments.len();

    let world = World::create().await?;
    let (ready, mut pods_ready) = mpsc::unbounded_channel();
    let kubelet = tokio::spawn(kubelet::play(world.api(), ready));
    let begun = Instant::now();
    world.create_sessions(sessions).await?;
    create(&world, accounts).await?;
    create(&world, config_maps).await?;
    create(&world, deployments).await?;
    create(&world, services).await?;
    create(&world, clients).await?;
    let mut known = HashSet::new();
    while known.len() < pods {
        match tokio::time::timeout(patience.saturating_sub(begun.elapsed()), pods_ready.recv()).await {
            Ok(Some(pod)) => drop(known.insert(pod.name_any())),
            _ => bail!("{} of {pods} pods are ready within {} s", known.len(), patience.as_secs()),
        }
    }
    let took = begun.elapsed();
    kubelet.abort();
    world.scratch.delete().await;
    Ok(took)
}

/// What there is of a kind, as it was before the API server had it.
async fn copies<K>(model: &World, strip: fn(&mut K)) -> Result<Vec<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let mut copies = model.api::<K>().list(&ListParams::default().labels(OURS)).await?.items;
    for copy in &mut copies {
        let metadata = copy.meta_mut();
        (metadata.namespace, metadata.uid, metadata.resource_version) = (None, None, None);
        (metadata.managed_fields, metadata.owner_references) = (None, None);
        (metadata.creation_timestamp, metadata.generation) = (None, None);
        strip(copy);
    }
    Ok(copies)
}

async fn create<K>(world: &World, objects: Vec<K>) -> Result<()>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    K: Clone + Debug + Serialize + DeserializeOwned,
{
    let api: Arc<Api<K>> = Arc::new(world.api());
    let create = |object: K| {
        let api = Arc::clone(&api);
        async move { api.create(&PostParams::default(), &object).await.map(drop) }
    };
    Ok(stream::iter(objects.into_iter().map(create)).buffer_unordered(AT_ONCE).try_collect::<()>().await?)
}
