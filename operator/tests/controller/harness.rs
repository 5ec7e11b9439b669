//! A controller in a namespace of a test's own, and the parts of a cluster that a test plays.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ballsession_operator::backoff::Backoff;
use ballsession_operator::cluster::{Scope, watch};
use ballsession_operator::controller::metrics::Metrics;
use ballsession_operator::controller::{Context, Pace, run};
use ballsession_operator::settings::{PodDefaults, Settings};
use cluster::{Installation, Scratch};
use crds::BallSession;
use http::Request;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config, CustomResourceExt, Resource, ResourceExt};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::util::MapRequestLayer;

use crate::node::PlayedNode;
use crate::reports::FakeReports;

/// A test that changes what all share, or watches all namespaces, must be alone.
static SHARED: RwLock<()> = RwLock::const_new(());

/// The way to the API server as the operator that the manifests install: with its rights, and under the policies on it.
static OPERATOR: OnceCell<Config> = OnceCell::const_new();

/// Kubernetes' garbage collector takes up to a minute to learn of a new kind.
const PATIENCE: Duration = Duration::from_secs(90);

/// A client, and the right to use what all share.
pub(crate) async fn client(test: &str) -> Option<(Client, RwLockReadGuard<'static, ()>)> {
    let shared = SHARED.read().await;
    Some((cluster::client(test).await?, shared))
}

/// A client, while no other test has one.
pub(crate) async fn client_alone(test: &str) -> Option<(Client, RwLockWriteGuard<'static, ()>)> {
    let alone = SHARED.write().await;
    Some((cluster::client(test).await?, alone))
}

/// Waits until there is what a test waits for.
pub(crate) async fn eventually<T, E: Debug>(what: &str, check: impl AsyncFn() -> Result<T, E>) -> T {
    cluster::eventually(PATIENCE, what, check).await
}

/// A controller under test.
pub(crate) struct Operator {
    pub(crate) namespace: Scratch,
    pub(crate) reports: Arc<FakeReports>,
    /// Where the servers of its sessions are.
    pub(crate) node: PlayedNode,
    /// The client of the test, whose requests are not counted.
    client: Client,
    writes: Arc<Mutex<Vec<String>>>,
    registry: Registry,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Operator {
    /// Runs in a new namespace.
    pub(crate) async fn start(client: &Client) -> Self {
        let namespace = Scratch::create(client).await;
        let scope = Scope::Namespace(namespace.name.clone());
        Self::start_in(client, namespace, &scope).await
    }

    /// Reconciles what is in `scope`; `namespace` is what the test works in.
    pub(crate) async fn start_in(client: &Client, namespace: Scratch, scope: &Scope) -> Self {
        let node = PlayedNode::start(client, &namespace.name, &namespace.name, true).await;
        Self::start_with(as_operator(client).await, client, namespace, node, scope, settings()).await
    }

    /// Runs with the operator's rights in a new namespace, and with none elsewhere.
    pub(crate) async fn start_confined(client: &Client) -> Self {
        let namespace = Scratch::create(client).await;
        let mut config = as_operator(client).await;
        let user = format!("confined-to-{}", namespace.name);
        let binding: RoleBinding = serde_json::from_value(json!({
            "metadata": {"name": "confined"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ballsession-operator"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]
        }))
        .unwrap();
        let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), &namespace.name);
        bindings.create(&PostParams::default(), &binding).await.unwrap();
        let node = PlayedNode::start(client, &namespace.name, &namespace.name, true).await;
        let scope = Scope::Namespace(namespace.name.clone());
        config.auth_info.impersonate = Some(user);
        Self::start_with(config, client, namespace, node, &scope, settings()).await
    }

    async fn start_with(
        config: Config,
        client: &Client,
        namespace: Scratch,
        node: PlayedNode,
        scope: &Scope,
        settings: Settings,
    ) -> Self {
        let writes: Arc<Mutex<Vec<String>>> = Arc::default();
        let counted = Arc::clone(&writes);
        let count = MapRequestLayer::new(move |request: Request<Body>| {
            if request.method() != http::Method::GET {
                counted.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
            }
            request
        });
        let counting = ClientBuilder::try_from(config).unwrap().with_layer(&count).build();
        let reports = Arc::new(FakeReports::new());
        let mut registry = Registry::default();
        let (stop, task) = start(counting, scope, settings, Arc::clone(&reports), &mut registry);
        Self { namespace, reports, node, client: client.clone(), writes, registry, stop, task }
    }

    /// Another operator of the same sessions, which ends when the guard is dropped.
    pub(crate) async fn another(&self, settings: Settings) -> DropGuard {
        let scope = Scope::Namespace(self.namespace.name.clone());
        let reports = Arc::new(FakeReports::new());
        let client = Client::try_from(as_operator(&self.client).await).unwrap();
        let (stop, _) = start(client, &scope, settings, reports, &mut Registry::default());
        stop.drop_guard()
    }

    /// Stops the controller and asks for the end of the namespace.
    pub(crate) async fn finish(self) {
        self.stop.cancel();
        self.task.await.unwrap();
        self.namespace.delete().await;
        self.node.finish().await;
    }

    /// Another process in its place, that knows nothing of what this one did.
    pub(crate) async fn restart(self) -> Self {
        self.restart_after(async |_| ()).await
    }

    /// The same, after something happened while there was none.
    pub(crate) async fn restart_after(self, happens: impl AsyncFnOnce(&Self)) -> Self {
        self.replace(settings(), happens).await
    }

    /// The same, installed with other settings.
    pub(crate) async fn upgrade(self, settings: Settings) -> Self {
        self.replace(settings, async |_| ()).await
    }

    /// The same, after something happened while there was none.
    pub(crate) async fn upgrade_after(self, settings: Settings, happens: impl AsyncFnOnce(&Self)) -> Self {
        self.replace(settings, happens).await
    }

    async fn replace(self, settings: Settings, happens: impl AsyncFnOnce(&Self)) -> Self {
        self.stop.cancel();
        while !self.task.is_finished() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        happens(&self).await;
        let scope = Scope::Namespace(self.namespace.name.clone());
        let Self { namespace, node, client, .. } = self;
        let config = as_operator(&client).await;
        Self::start_with(config, &client, namespace, node, &scope, settings).await
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace.name)
    }

    /// Stores a session as a user writes it.
    pub(crate) async fn create(&self, name: &str, spec: &Value) -> BallSession {
        let sessions: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &self.namespace.name, &BallSession::api_resource());
        sessions.create(&PostParams::default(), &cluster::session(name, spec)).await.unwrap();
        self.api::<BallSession>().get(name).await.unwrap()
    }

    /// Changes the spec as a user does.
    pub(crate) async fn change(&self, name: &str, spec: &Value) -> BallSession {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.api::<BallSession>().patch(name, &PatchParams::default(), &patch).await.unwrap()
    }

    /// Waits for an object with what the test asks of it.
    pub(crate) async fn wait<K>(&self, name: &str, what: &str, is_so: impl Fn(&K) -> bool) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    {
        let api = self.api::<K>();
        eventually(what, async || match api.get(name).await {
            Ok(found) if is_so(&found) => Ok(found),
            Ok(other) => Err(format!("{other:#?}")),
            Err(error) => Err(error.to_string()),
        })
        .await
    }

    /// Waits until an object is gone.
    pub(crate) async fn wait_gone<K>(&self, name: &str, uid: Option<&str>)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    {
        let api = self.api::<K>();
        eventually("its end", async || match api.get_opt(name).await {
            Ok(None) => Ok(()),
            Ok(Some(other)) if uid.is_some() && other.uid().as_deref() != uid => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// Waits for the condition Ready of a session to have this reason.
    pub(crate) async fn wait_ready(&self, name: &str, reason: &str) -> BallSession {
        self.wait(name, reason, |session: &BallSession| condition(session, "Ready").0 == reason).await
    }

    /// Waits for so many pods of a part of a session that are not on their way out.
    pub(crate) async fn wait_pods(&self, session: &str, component: &str, count: usize) -> Vec<Pod> {
        let labels = format!("app.kubernetes.io/instance={session},app.kubernetes.io/component={component}");
        let (api, params) = (self.api::<Pod>(), ListParams::default().labels(&labels));
        eventually(&format!("{count} {component} pods"), async || {
            let mut pods = api.list(&params).await.unwrap().items;
            pods.retain(|pod| pod.metadata.deletion_timestamp.is_none() && !is_done(pod));
            pods.sort_by_key(|pod| pod.labels().get("ballsession.dev/client-index").cloned());
            if pods.len() == count {
                Ok(pods)
            } else {
                Err(pods.iter().map(ResourceExt::name_any).collect::<Vec<_>>())
            }
        })
        .await
    }

    /// What a kubelet would write.
    pub(crate) async fn set_pod(&self, pod: &Pod, status: &Value) {
        let patch = Patch::Merge(json!({"status": status}));
        self.api::<Pod>().patch_status(&pod.name_any(), &PatchParams::default(), &patch).await.unwrap();
    }

    /// The server has just reported, of whichever pod there is.
    pub(crate) async fn server_reports(&self, session: &BallSession) {
        let name = session.name_any();
        let labels = format!("app.kubernetes.io/instance={name},app.kubernetes.io/component=server");
        let pods = self.api::<Pod>().list(&ListParams::default().labels(&labels)).await.unwrap();
        let stays = |pod: &Pod| pod.metadata.deletion_timestamp.is_none() && !is_done(pod);
        let pod = pods.items.iter().find(|pod| stays(pod)).map(ResourceExt::name_any);
        self.reports.server_reports(session, pod.unwrap_or_default()).await;
    }

    /// Brings up the server, which reports, and as many clients as there shall be.
    pub(crate) async fn play_pods(&self, session: &str, clients: usize) {
        for pod in self.wait_pods(session, "server", 1).await {
            self.set_pod(&pod, &up()).await;
        }
        self.server_reports(&self.api::<BallSession>().get(session).await.unwrap()).await;
        for pod in self.wait_pods(session, "client", clients).await {
            self.set_pod(&pod, &up()).await;
        }
    }

    /// Waits until nothing was written for a while, and forgets what was before.
    pub(crate) async fn wait_for_quiet(&self) {
        self.wait_for_quiet_beside("/none").await;
    }

    /// The same, where something may be written all the time: to paths that end so.
    pub(crate) async fn wait_for_quiet_beside(&self, end: &str) {
        let count = || self.writes().iter().filter(|write| !write.ends_with(end)).count();
        let mut before = usize::MAX;
        while before != count() {
            before = count();
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        self.writes.lock().unwrap().clear();
    }

    /// Has the session reconciled again, and waits a while in which nothing may be written.
    pub(crate) async fn reconcile_again_without_writes(&self, session: &BallSession) {
        let before = self.reconciles();
        self.server_reports(session).await;
        eventually("another reconcile", async || match self.reconciles() {
            now if now > before => Ok(()),
            now => Err(now),
        })
        .await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(self.writes(), Vec::<String>::new());
    }

    /// How often sessions were reconciled, all of them without an error.
    pub(crate) fn reconciles(&self) -> u64 {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        let line = "controller_reconciles_total{result=\"success\"} ";
        text.lines().find_map(|found| found.strip_prefix(line)).map_or(0, |count| count.parse().unwrap())
    }

    /// What the controller has asked the API server to change.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap().clone()
    }
}

/// The operator that the manifests install.
async fn as_operator(client: &Client) -> Config {
    let install = async || Installation::shared(client).await.config().await;
    OPERATOR.get_or_init(install).await.clone()
}

/// Lets every client do what it was to do.
pub(crate) async fn finish_clients(operator: &Operator, session: &str, clients: usize) -> Vec<Pod> {
    let pods = operator.wait_pods(session, "client", clients).await;
    for pod in &pods {
        operator.set_pod(pod, &json!({"phase": "Succeeded"})).await;
    }
    pods
}

/// Waits until the reports are asked for the last numbers of a run; when that was.
pub(crate) async fn asked_for_last_numbers(operator: &Operator, run: &str) -> Instant {
    eventually("a question for the last numbers", async || {
        let asked = operator.reports.finished();
        asked.get(run).copied().ok_or(asked)
    })
    .await
}

/// Reason and message of a condition; empty where there is none.
pub(crate) fn condition(session: &BallSession, kind: &str) -> (String, String) {
    let conditions = session.status.iter().flat_map(|status| &status.conditions);
    let found = conditions.into_iter().find(|condition| condition.type_ == kind);
    found.map_or_else(Default::default, |found| (found.reason.clone(), found.message.clone()))
}

/// The status of a pod that works.
pub(crate) fn up() -> Value {
    let now = jiff::Timestamp::now();
    json!({"phase": "Running", "podIP": "10.244.1.7",
           "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}]})
}

fn is_done(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn start(
    client: Client,
    scope: &Scope,
    settings: Settings,
    reports: Arc<FakeReports>,
    registry: &mut Registry,
) -> (CancellationToken, JoinHandle<()>) {
    let (watches, _) = watch(&client, scope);
    let context = Context {
        client,
        settings,
        reports,
        report_ca: report_ca(),
        metrics: Metrics::register(registry),
        pace: Pace {
            pause: Duration::from_millis(100),
            retry: Backoff { first: Duration::from_millis(200), most: Duration::from_secs(2) },
            ..Pace::default()
        },
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn(run(context, watches, stop.clone()));
    (stop, task)
}

/// What pods are given to know the operator by.
pub(crate) fn report_ca() -> watch::Receiver<Option<Arc<str>>> {
    watch::channel(Some("authorities".into())).1
}

/// What the operator is installed with.
pub(crate) fn settings() -> Settings {
    Settings {
        server_image: "registry.example/s:7".into(),
        client_image: "registry.example/c:8".into(),
        image_pull_policy: None,
        architectures: Vec::new(),
        pod_defaults: PodDefaults::default(),
        report_url: "https://ballsession-operator.tower:8443/v1/reports".into(),
        plain_report_url: "http://ballsession-operator.tower:8080/v1/reports".into(),
        operator_namespace: "tower".into(),
    }
}
