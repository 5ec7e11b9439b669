//! A session with its children and pods in a namespace of its own, and an operator that takes its reports.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballsession_operator::clients::Create;
use ballsession_operator::cluster::{Scope, Watches, watch};
use ballsession_operator::controller::build::{ClientPods, Site, build};
use ballsession_operator::controller::resources::{Desired, Prepared, Resources};
use ballsession_operator::lease::Fence;
use ballsession_operator::reports::{self, Metrics, Reports};
use ballsession_operator::session::labels::COMPONENT;
use ballsession_operator::session::{Session, validate};
use ballsession_operator::settings::{PodDefaults, Settings};
use cluster::{Installation, Scratch};
use crds::{BallSession, BallSessionSpec};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, Config, ResourceExt};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::encrypted::{Keys, SERVICE};
use crate::endpoint::Endpoint;

/// The audience of reports.
pub(crate) const AUDIENCE: &str = "ballsession.dev/report";
/// The name of every test's session.
pub(crate) const NAME: &str = "beacon";

/// Installed once for all tests.
static OPERATOR: OnceCell<Config> = OnceCell::const_new();

/// The session.
pub(crate) struct World {
    pub(crate) client: Client,
    /// The way to the API server as the operator that the manifests install.
    pub(crate) operator: Config,
    pub(crate) namespace: Scratch,
    pub(crate) sessions: Api<BallSession>,
    pub(crate) pods: Api<Pod>,
}

impl World {
    /// A session of one client whose pods exist, and whose run the controller has stored.
    pub(crate) async fn create(client: &Client) -> Self {
        let namespace = Scratch::create(client).await;
        let sessions = Api::namespaced(client.clone(), &namespace.name);
        let pods = Api::namespaced(client.clone(), &namespace.name);
        let install = async || Installation::shared(client).await.config().await;
        let operator = OPERATOR.get_or_init(install).await.clone();
        let world = Self { client: client.clone(), operator, namespace, sessions, pods };
        let session = BallSession::new(NAME, BallSessionSpec { clients: 1, ..BallSessionSpec::default() });
        let stored = world.sessions.create(&PostParams::default(), &session).await.unwrap();
        let session = validate(&stored).unwrap();
        let status = json!({"run": {"hash": session.run_hash}});
        world.apply_status("ballsession-operator", &status).await;

        let resources = build(&session, &Resources::nothing(), &settings(), Some("authorities"));
        world.create_children(&session, resources).await;
        world
    }

    async fn create_children(&self, session: &Session, resources: Resources<Prepared>) {
        async fn create<T>(client: &Client, namespace: &str, child: Desired<T>)
        where
            T: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
            T: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
        {
            let Desired::Present(child) = child else { panic!("an active session has this child") };
            let objects = Api::<T>::namespaced(client.clone(), namespace);
            objects.create(&PostParams::default(), &child).await.unwrap();
        }
        create(&self.client, &self.namespace.name, resources.workload_service_account).await;
        create(&self.client, &self.namespace.name, resources.server_deployment).await;
        let (settings, first) = (settings(), Create { index: 0, attempt: 1, measured: Duration::ZERO });
        let client = ClientPods::of(session, &settings).pod(&first, Site::default());
        self.pods.create(&PostParams::default(), &client).await.unwrap();
    }

    pub(crate) async fn apply_status(&self, manager: &str, status: &serde_json::Value) {
        let patch =
            json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "status": status});
        let params = PatchParams::apply(manager).force();
        self.sessions.patch_status(NAME, &params, &Patch::Apply(patch)).await.unwrap();
    }

    /// The pod that the API server's controllers made for a part of the session.
    pub(crate) async fn pod(&self, component: &str) -> Pod {
        let of_part = ListParams::default().labels(&format!("{COMPONENT}={component}"));
        let mut found = None;
        eventually("a pod", async || {
            let pods = self.pods.list(&of_part).await.unwrap();
            found = pods.into_iter().find(|pod| !pod.owner_references().is_empty());
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// A pod that somebody made by hand to look like one of the session's.
    pub(crate) async fn hand_made(&self, name: &str) -> Pod {
        let mut labels = self.pod("server").await.labels().clone();
        labels.remove("pod-template-hash");
        let pod = json!({
            "metadata": {"name": name, "labels": labels},
            "spec": {"serviceAccountName": format!("{NAME}-workload"), "containers": [{"name": "a", "image": "a:1"}]}
        });
        self.pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap()
    }

    /// A token that is bound to `pod`, as the kubelet gets them.
    pub(crate) async fn token(&self, pod: &Pod, audience: &str) -> String {
        cluster::pod_token(&self.client, pod, audience).await
    }

    /// Waits until the stored session is as it should be.
    pub(crate) async fn wait(&self, what: &str, is_there: impl Fn(&BallSession) -> bool) -> BallSession {
        let mut session = self.sessions.get(NAME).await.unwrap();
        eventually(what, async || {
            session = self.sessions.get(NAME).await.unwrap();
            is_there(&session)
        })
        .await;
        session
    }
}

/// An operator of one namespace, as far as reports are concerned; it ends when dropped. Those of other tests would
/// write the same sessions.
pub(crate) struct Operator {
    /// Where pods report that know its authorities.
    pub(crate) endpoint: Endpoint,
    /// Where those do that are of the version before.
    pub(crate) plain: Endpoint,
    pub(crate) reports: Arc<Reports>,
    stop: CancellationToken,
    registry: Registry,
    _watches: Watches,
}

impl Operator {
    pub(crate) async fn start(world: &World) -> Self {
        let client = Client::try_from(world.operator.clone()).unwrap();
        let operator = Self::start_without_writes(world, &client).await;
        tokio::spawn(reports::write(Arc::clone(&operator.reports), operator.stop.clone()));
        operator
    }

    /// One that takes reports and keeps them to itself. It asks the API server by `client`, but for what it watches. All of it is
    /// done with the operator's rights, apart from its keys, which are in the test's namespace.
    pub(crate) async fn start_without_writes(world: &World, client: &Client) -> Self {
        let scope = Scope::Namespace(world.namespace.name.clone());
        let (watches, stores) = watch(&Client::try_from(world.operator.clone()).unwrap(), &scope);
        eventually("what there is to watch", async || watches.first_sync().waiting().is_none()).await;
        let stop = CancellationToken::new();
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let reports = Reports::new(client.clone(), Fence::open(), stores, metrics);
        let keys = Keys::create(&world.client, &world.namespace.name).await;
        let keeper = keys.keeper(Fence::open());
        let certificates = keeper.certificates();
        tokio::spawn(keeper.run(stop.clone()));
        let mut bundle = certificates.bundle();
        let authorities = bundle.wait_for(Option::is_some).await.unwrap().clone();
        let mut endpoints = Vec::new();
        let tls = TlsAcceptor::from(certificates.server_config().unwrap());
        for (tls, authorities) in [(Some(tls), authorities), (None, None)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (name, source) = (SERVICE.to_owned(), Ipv4Addr::LOCALHOST);
            endpoints.push(Endpoint { address, name, authorities, source });
            let endpoint = reports::Endpoint { listener, tls };
            tokio::spawn(reports::serve(endpoint, Arc::clone(&reports), stop.clone()));
        }
        tokio::spawn(reports::follow_keys(Arc::clone(&reports), stop.clone()));
        let [endpoint, plain] = endpoints.try_into().ok().unwrap();
        Self { endpoint, plain, reports, stop, registry, _watches: watches }
    }
}

impl Operator {
    /// What was counted in a series; none of a series that is not there.
    pub(crate) fn counted(&self, series: &str) -> u64 {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0, |count| count.parse().unwrap())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Asks until the answer is yes, for a while.
pub(crate) async fn eventually(what: &str, mut is_there: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_there().await {
        assert!(Instant::now() < deadline, "{what}: not within 60 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

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
