//! For tests: the way to a real API server, and a place of a test's own in it.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test ends with what went wrong, in its helpers too"
)]

mod eventually;
mod installation;
mod token;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crds::{BallSession, manifest};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, PostParams};
use kube::{Client, CustomResourceExt};
use serde_json::{Value, json};

pub use eventually::eventually;
pub use installation::Installation;
pub use token::{account_token, pod_token, try_pod_token};

/// A client of an API server that serves the resource; `None`, and a line that says so, where there is no KUBECONFIG.
pub async fn client(test: &str) -> Option<Client> {
    if std::env::var_os("KUBECONFIG").is_none() {
        // Not eprintln: the test runner would keep it to itself. In one piece, or it would mix with the runner's lines.
        let line = format!("SKIPPED {test}: it needs an API server, and KUBECONFIG is not set\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
        return None;
    }
    let client = Client::try_default().await.unwrap();
    install(&client).await;
    Some(client)
}

/// Applies the manifest as `kubectl apply --server-side` does, which shows that the server reads the YAML as it is
/// meant.
async fn install(client: &Client) {
    let name = BallSession::crd_name();
    let path = format!(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}?fieldManager=tests&force=true"
    );
    let request = http::Request::patch(path)
        .header("Content-Type", "application/apply-patch+yaml")
        .body(manifest().unwrap().into_bytes())
        .unwrap();
    let stored: CustomResourceDefinition = client.request(request).await.unwrap();
    let schema = |crd: &CustomResourceDefinition| crd.spec.versions[0].schema.clone();
    assert!(
        schema(&stored) == schema(&BallSession::crd()),
        "the server reads another schema than the types have"
    );

    let sessions: Api<BallSession> = Api::all(client.clone());
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(error) = sessions.list(&ListParams::default().limit(1)).await {
        assert!(Instant::now() < deadline, "the API server does not serve the new resource: {error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the API server makes of a session that it does not store.
pub async fn dry_run(client: &Client, name: &str, spec: &Value) -> Result<Value, String> {
    let sessions: Api<DynamicObject> =
        Api::default_namespaced_with(client.clone(), &BallSession::api_resource());
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    match sessions.create(&dry, &session(name, spec)).await {
        Ok(created) => Ok(created.data["spec"].clone()),
        Err(kube::Error::Api(status)) => Err(status.message.clone()),
        Err(error) => panic!("{error}"),
    }
}

/// A session as a user writes it, which need not fit the types.
pub fn session(name: &str, spec: &Value) -> DynamicObject {
    let value = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": name}, "spec": spec
    });
    serde_json::from_value(value).unwrap()
}

/// A namespace of a test's own.
pub struct Scratch {
    client: Client,
    /// Its name.
    pub name: String,
}

impl Scratch {
    /// A new one.
    pub async fn create(client: &Client) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("ballsession-test-{}-{number}", std::process::id());
        let namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await.unwrap();
        Self { client: client.clone(), name }
    }

    /// Asks for the end of it; a test that fails before leaves it for who looks into the failure.
    pub async fn delete(self) {
        let deleted = Api::<Namespace>::all(self.client).delete(&self.name, &DeleteParams::default()).await;
        match deleted {
            Ok(_) => {}
            // The test has done so itself.
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {}
            Err(error) => panic!("namespace {} stays: {error}", self.name),
        }
    }
}
