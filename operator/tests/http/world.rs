//! Sessions in two namespaces of a test's own, and an operator that shows them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ballsession_operator::cluster::{Scope, Watches, watch};
use ballsession_operator::http::{self, HttpAccess, Metrics, Need, Overview};
use ballsession_operator::session::validate;
use cluster::Scratch;
use crds::{BallSession, BallSessionSpec};
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Client, Config};
use process::Http;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use crate::accounts::Accounts;
use crate::requests::get;

/// The name of the session in either namespace.
pub(crate) const NAME: &str = "harbor";

/// The sessions, and who may see them.
pub(crate) struct World {
    pub(crate) client: Client,
    /// Of this one the accounts are.
    pub(crate) namespace: Scratch,
    pub(crate) other: Scratch,
    pub(crate) accounts: Accounts,
}

impl World {
    pub(crate) async fn create(client: &Client) -> Self {
        let (namespace, other) = (Scratch::create(client).await, Scratch::create(client).await);
        let accounts = Accounts::new(client, &namespace.name);
        let world = Self { client: client.clone(), namespace, other, accounts };
        for namespace in [&world.namespace.name, &world.other.name] {
            let session = BallSession::new(NAME, BallSessionSpec::default());
            world.sessions(namespace).create(&PostParams::default(), &session).await.unwrap();
        }
        world
    }

    pub(crate) fn sessions(&self, namespace: &str) -> Api<BallSession> {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// Has the session in the first namespace say of its present spec whether its objectives are met, as the operator does once
    /// it has judged it; of a run with an end that it is over.
    pub(crate) async fn judge(&self, met: &str) {
        let sessions = self.sessions(&self.namespace.name);
        let stored = sessions.get(NAME).await.unwrap();
        let generation = stored.metadata.generation;
        let session = validate(&stored).unwrap();
        let condition = |kind: &str, status: &str| {
            json!({
                "type": kind, "status": status, "reason": "Tested", "message": format!("{kind} is {status}"),
                "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z"
            })
        };
        let complete = if session.duration.is_some() { "True" } else { "False" };
        let status = json!({
            "observedGeneration": generation,
            "run": {"hash": session.run_hash, "name": session.run_name},
            "conditions": [condition("ObjectivesMet", met), condition("Complete", complete)]
        });
        let patch =
            json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "status": status});
        let params = PatchParams::apply("tests").force();
        sessions.patch_status(NAME, &params, &Patch::Apply(patch)).await.unwrap();
    }

    pub(crate) async fn change(&self, spec: &Value) {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.sessions(&self.namespace.name).patch(NAME, &PatchParams::default(), &patch).await.unwrap();
    }

    pub(crate) async fn delete(self) {
        self.accounts.delete().await;
        self.namespace.delete().await;
        self.other.delete().await;
    }
}

/// An operator, as far as it shows things; it ends when dropped.
pub(crate) struct Operator {
    pub(crate) address: SocketAddr,
    _http: Http,
    _watches: Watches,
}

impl Operator {
    /// One with the rights that the manifests give it.
    pub(crate) async fn start(world: &World, access: HttpAccess) -> Self {
        let token = world.accounts.create("operator").await;
        for role in ["base/sessions-role.yaml", "base/token-reviews-role.yaml"] {
            world.accounts.grant_role_of(role, "operator").await;
        }
        let mut config = Config::infer().await.unwrap();
        config.auth_info = kube::config::AuthInfo { token: Some(token.into()), ..Default::default() };
        let client = Client::try_from(config).unwrap();
        let (watches, stores) = watch(&client, &Scope::All);
        let sync = watches.first_sync();
        let needs: Vec<Need> = vec![Box::new(move || sync.waiting())];
        let mut registry = Registry::with_prefix("ballsession_operator");
        let metrics = Metrics::register(&mut registry);
        let last_report = Box::new(|_: &str| None);
        let overview = Overview::new(needs, Box::new(|| None), stores.sessions, last_report, registry);
        let any = "127.0.0.1:0".parse().unwrap();
        let served = http::serve(any, access, client, overview, Box::new(|_| None), metrics).await.unwrap();
        let operator = Self { address: served.address(), _http: served, _watches: watches };
        eventually("what there is to watch", async || {
            get(operator.address, "/readyz", None).await.code == 200
        })
        .await;
        operator
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
