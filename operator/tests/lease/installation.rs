//! The namespace that replicas of the operator run in, with the objects that a cluster would have of them.

use std::time::{Duration, Instant};

use ballsession_operator::session::labels::{COMPONENT, INSTANCE, LEADER};
use cluster::Scratch;
use crds::BallSession;
use crds::contract::REPORT_CA_KEY;
use fastrand::Rng;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, CustomResourceExt, ResourceExt};
use serde_json::{Value, json};

/// The sessions that they run.
pub(crate) const SESSIONS: [&str; 6] = ["beacon", "buoy", "harbor", "lighthouse", "pier", "quay"];
/// The one that reports are of.
const BEACON: &str = SESSIONS[0];

/// The Secret that the manifests bring.
const KEYS: &str = "ballsession-operator-reports";

/// Where they run.
pub(crate) struct Installation {
    pub(crate) scratch: Scratch,
    /// What the manifests give the operator there.
    pub(crate) account: cluster::Installation,
    pods: Api<Pod>,
    client: Client,
    sessions: Api<DynamicObject>,
}

impl Installation {
    /// With the pods of these names, and the sessions.
    pub(crate) async fn build(client: &Client, pods: &[&str]) -> Self {
        let scratch = Scratch::create(client).await;
        let account = cluster::Installation::in_namespace(client, &scratch.name).await;
        let resource = BallSession::api_resource();
        let installation = Self {
            pods: Api::namespaced(client.clone(), &scratch.name),
            client: client.clone(),
            sessions: Api::namespaced_with(client.clone(), &scratch.name, &resource),
            scratch,
            account,
        };
        for name in pods {
            let pod: Pod = serde_json::from_value(json!({
                "metadata": {"name": name},
                "spec": {"serviceAccountName": "ballsession-operator", "automountServiceAccountToken": false,
                         "containers": [{"name": "operator", "image": "none:1"}]}
            }))
            .unwrap();
            installation.pods.create(&PostParams::default(), &pod).await.unwrap();
        }
        for name in SESSIONS {
            let session = cluster::session(name, &json!({"clients": 1}));
            installation.sessions.create(&PostParams::default(), &session).await.unwrap();
        }
        installation
    }

    /// Asks for the end of all of it.
    pub(crate) async fn delete(self) {
        self.account.delete().await;
        self.scratch.delete().await;
    }

    /// The pods with the label of the leader.
    pub(crate) async fn leaders(&self) -> Vec<String> {
        let labelled = self.pods.list(&ListParams::default().labels(LEADER)).await.unwrap();
        labelled.iter().map(ResourceExt::name_any).collect()
    }

    /// Waits until this pod alone has the label, within so many seconds.
    pub(crate) async fn wait_leader(&self, what: &str, pod: &str, seconds: u64) {
        let leads = async || (self.leaders().await == [pod]).then_some(());
        within(Duration::from_secs(seconds), what, leads).await;
    }

    /// Has some session ask for another number of clients, which is work for whoever leads.
    pub(crate) async fn change_something(&self, random: &mut Rng) {
        let session = SESSIONS[random.usize(..SESSIONS.len())];
        let patch = Patch::Merge(json!({"spec": {"clients": random.usize(1..4)}}));
        self.sessions.patch(session, &PatchParams::default(), &patch).await.unwrap();
    }

    /// What is stored of the session that reports are of.
    pub(crate) async fn status(&self) -> Value {
        self.sessions.get(BEACON).await.unwrap().data["status"].clone()
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.scratch.name)
    }

    /// What pods are given to know the operator by, once the leader has made it.
    pub(crate) async fn authorities(&self) -> String {
        eventually("the operator's authorities", async || {
            let keys = self.secrets().get(KEYS).await.unwrap();
            String::from_utf8(keys.data?.get(REPORT_CA_KEY)?.0.clone()).ok()
        })
        .await
    }

    /// A token as the pod of the session's server has it, once there is one.
    pub(crate) async fn server_token(&self) -> String {
        let of_server = ListParams::default().labels(&format!("{INSTANCE}={BEACON},{COMPONENT}=server"));
        let pod = eventually("the server's pod", async || {
            self.pods.list(&of_server).await.unwrap().items.into_iter().next()
        })
        .await;
        cluster::pod_token(&self.client, &pod, "ballsession.dev/report").await
    }
}

/// Asks until there is something, for a while.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    within(Duration::from_secs(60), what, &mut ask).await
}

/// As [`eventually`], with a limit of its own.
pub(crate) async fn within<T>(limit: Duration, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
