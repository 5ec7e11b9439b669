//! An installation in a namespace of a test's own, and what the test does there without any faults.

use std::time::Duration;

use cluster::{Installation, Scratch, eventually};
use crds::BallSession;
use crds::contract::REPORT_CA_KEY;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject, PostParams};
use kube::{Client, CustomResourceExt, Resource};
use serde_json::{Value, json};

const KEYS: &str = "ballsession-operator-reports";

/// Where it all is.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) installation: Installation,
    scratch: Scratch,
}

impl World {
    /// With pods of these names for the operator.
    pub(crate) async fn create(client: &Client, operators: &[&str]) -> Self {
        let scratch = Scratch::create(client).await;
        let installation = Installation::in_namespace(client, &scratch.name).await;
        let world = Self { client: client.clone(), installation, scratch };
        for name in operators {
            let pod: Pod = serde_json::from_value(json!({
                "metadata": {"name": name},
                "spec": {"serviceAccountName": "ballsession-operator", "automountServiceAccountToken": false,
                         "containers": [{"name": "operator", "image": "none:1"}]}
            }))
            .unwrap();
            world.api().create(&PostParams::default(), &pod).await.unwrap();
        }
        world
    }

    pub(crate) async fn delete(self) {
        self.installation.delete().await;
        self.scratch.delete().await;
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.scratch.name)
    }

    /// The sessions as they are stored.
    pub(crate) fn sessions(&self) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.scratch.name, &BallSession::api_resource())
    }

    /// Stores a session as a user writes it.
    pub(crate) async fn create_session(&self, name: &str, spec: &Value) {
        self.sessions().create(&PostParams::default(), &cluster::session(name, spec)).await.unwrap();
    }

    /// What pods are given to know the operator by, once it has made it.
    pub(crate) async fn authorities(&self) -> String {
        eventually(Duration::from_secs(60), "the operator's authorities", async || {
            let keys = self.api::<Secret>().get(KEYS).await.map_err(|error| error.to_string())?;
            let bundle = keys.data.and_then(|mut data| data.remove(REPORT_CA_KEY)).ok_or("none yet")?;
            String::from_utf8(bundle.0).map_err(|error| error.to_string())
        })
        .await
    }
}
