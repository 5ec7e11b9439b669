//! A namespace of the API server, with what an installation of the operator has in it, and the sessions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cluster::Scratch;
use crds::contract::REPORT_CA_KEY;
use crds::{BallSession, BallSessionSpec, Placement};
use futures_util::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::json;

/// Requests at a time, of all that is made here: as the operator has.
pub(super) const AT_ONCE: usize = 16;

/// The Secret that the manifests bring, for the operator's keys.
const KEYS: &str = "ballsession-operator-reports";
/// The operator's pod, in which nothing runs: it bears the label of the leader.
pub(super) const OPERATOR_POD: &str = "ballsession-operator";

/// How often what is waited for is looked at.
const STEP: Duration = Duration::from_millis(100);

/// The namespace.
pub(super) struct World {
    pub(super) client: Client,
    pub(super) scratch: Scratch,
}

impl World {
    /// One with all that the operator needs to begin.
    pub(super) async fn create() -> Result<Self> {
        let client = cluster::client("the load of the operator").await;
        let client = client.context("KUBECONFIG must name an API server for tests")?;
        let scratch = Scratch::create(&client).await;
        let world = Self { client, scratch };
        let keys = serde_json::from_value(json!({"metadata": {"name": KEYS}}))?;
        world.api::<Secret>().create(&PostParams::default(), &keys).await?;
        let container = json!({"name": "operator", "image": "none:1"});
        let spec = json!({"automountServiceAccountToken": false, "containers": [container]});
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": OPERATOR_POD}, "spec": spec}))?;
        // The namespace's account is made by a controller.
        eventually(Duration::from_secs(30), "a pod for the operator", async || {
            Ok(world.api::<Pod>().create(&PostParams::default(), &pod).await.ok())
        })
        .await?;
        Ok(world)
    }

    pub(super) fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.scratch.name)
    }

    /// Creates the sessions. How long that took.
    pub(super) async fn create_sessions(&self, sessions: u32) -> Result<Duration> {
        let (begun, api) = (Instant::now(), Arc::new(self.api::<BallSession>()));
        let create = |number: u32| {
            let api = Arc::clone(&api);
            async move { api.create(&PostParams::default(), &session(number)).await.map(drop) }
        };
        stream::iter((0..sessions).map(create)).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(begun.elapsed())
    }

    /// What pods know the operator by, once it has made it.
    pub(super) async fn authorities(&self, patience: Duration) -> Result<String> {
        eventually(patience, "the operator's authorities", async || {
            let data = self.api::<Secret>().get(KEYS).await?.data.unwrap_or_default();
            Ok(data.get(REPORT_CA_KEY).and_then(|pem| String::from_utf8(pem.0.clone()).ok()))
        })
        .await
    }
}

/// The session of this number. Without nodes there is no scheduler's word to wait for.
pub(super) fn session(number: u32) -> BallSession {
    let spec = BallSessionSpec { clients: 2, placement: Placement::Any, ..BallSessionSpec::default() };
    BallSession::new(&format!("load-{number}"), spec)
}

/// Asks until there is something.
pub(super) async fn eventually<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("not within {} s: {what}", patience.as_secs());
        }
        tokio::time::sleep(STEP).await;
    }
}
