//! The keys of the listener for reports, in a real Secret, and who is trusted by them.

use ballsession_operator::certificates::{Certificates, Keeper, Metrics, Store};
use ballsession_operator::lease::Fence;
use cluster::client;
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::endpoint::Endpoint;
use crate::post::{self, post};
use crate::world::{AUDIENCE, Operator, World, eventually};

/// The Secret of an installation in a test's namespace.
pub(crate) struct Keys {
    client: Client,
    namespace: String,
    secrets: Api<Secret>,
}

const NAME: &str = "ballsession-operator-reports";
/// What the operator proves to be.
pub(crate) const SERVICE: &str = "ballsession-operator.tower.svc";

impl Keys {
    pub(crate) async fn create(client: &Client, namespace: &str) -> Self {
        let secrets = Api::namespaced(client.clone(), namespace);
        let keys = Self { client: client.clone(), namespace: namespace.to_owned(), secrets };
        keys.apply().await;
        keys
    }

    /// As `kubectl apply --server-side` applies the manifest.
    async fn apply(&self) {
        let manifest = include_str!("../../../deploy/base/report-keys.yaml");
        let mut secret: Value = serde_saphyr::from_str(manifest).unwrap();
        secret["metadata"]["namespace"] = json!(self.namespace);
        let params = PatchParams::apply("kubectl").force();
        self.secrets.patch(NAME, &params, &Patch::Apply(secret)).await.unwrap();
    }

    /// What a replica of the operator does with them, which leads while `fence` is open.
    pub(crate) fn keeper(&self, fence: Fence) -> Keeper {
        let client = || self.client.clone();
        let store = Store::new(client(), client(), &self.namespace, NAME);
        Keeper::new(store, vec![SERVICE.to_owned()], fence, Box::new(|_| None), Metrics::default())
    }

    fn start(&self, stop: &CancellationToken) -> Arc<Certificates> {
        let keeper = self.keeper(Fence::open());
        let certificates = keeper.certificates();
        tokio::spawn(keeper.run(stop.clone()));
        certificates
    }

    async fn data(&self, key: &str) -> Option<String> {
        let data = self.secrets.get(NAME).await.unwrap().data?;
        Some(String::from_utf8(data.get(key)?.0.clone()).unwrap())
    }

    /// Empties it, as somebody does who wants other keys at once.
    async fn clear(&self) {
        let nothing = Patch::Merge(json!({"data": null}));
        self.secrets.patch(NAME, &PatchParams::default(), &nothing).await.unwrap();
    }
}

#[tokio::test]
async fn keys_are_made_once_and_stay_when_the_manifests_are_applied_again() {
    let test = "keys_are_made_once_and_stay_when_the_manifests_are_applied_again";
    let Some(client) = client(test).await else { return };
    let namespace = cluster::Scratch::create(&client).await;
    let keys = Keys::create(&client, &namespace.name).await;
    let stop = CancellationToken::new();
    // Two that both believe to lead: neither overwrites what the other one has stored.
    let replicas = [keys.start(&stop), keys.start(&stop)];
    let mut bundles = Vec::new();
    for replica in &replicas {
        bundles.push(replica.bundle().wait_for(Option::is_some).await.unwrap().clone().unwrap());
    }
    assert_eq!(bundles[0], bundles[1]);
    assert_eq!(keys.data("ca.crt").await.as_deref(), Some(&*bundles[0]));

    let before = keys.data("keys.json").await;
    keys.apply().await;
    assert_eq!(keys.data("keys.json").await, before);

    let request = json!({"metadata": {"annotations": {"ballsession.dev/rotate": "somebody left"}}});
    keys.secrets.patch(NAME, &PatchParams::default(), &Patch::Merge(request)).await.unwrap();
    for replica in &replicas {
        replica.lead();
        let mut bundle = replica.bundle();
        let both =
            bundle.wait_for(|bundle| bundle.as_ref().is_some_and(|bundle| *bundle != bundles[0])).await;
        let both = both.unwrap().clone().unwrap();
        assert!(both.starts_with(&*bundles[0]) && both.matches("BEGIN").count() == 2, "{both}");
    }
    stop.cancel();
    namespace.delete().await;
}

#[tokio::test]
async fn a_report_goes_to_who_is_trusted_and_to_nobody_else() {
    let Some(client) = client("a_report_goes_to_who_is_trusted_and_to_nobody_else").await else { return };
    let world = World::create(&client).await;
    let operator = Operator::start(&world).await;
    let token = world.token(&world.pod("server").await, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &token, &post::server(0, 1, 900, 0)).await, 202);
    assert_eq!(post(&operator.plain, &token, &post::server(0, 2, 900, 0)).await, 202, "of a version before");

    let stranger = Keys::create(&client, &cluster::Scratch::create(&client).await.name).await;
    let stop = CancellationToken::new();
    let theirs = stranger.start(&stop).bundle().wait_for(Option::is_some).await.unwrap().clone();
    stop.cancel();
    let mistrustful = Endpoint { authorities: theirs, ..operator.endpoint.clone() };
    let refusal = mistrustful.exchange("").await.unwrap_err().to_string();
    assert!(refusal.contains("UnknownIssuer"), "{refusal}");
    let unencrypted = Endpoint { authorities: None, ..operator.endpoint.clone() };
    let request = "POST /v1/reports HTTP/1.1\r\nHost: o\r\nContent-Length: 0\r\n\r\n";
    let answer = unencrypted.exchange(request).await.unwrap_or_default();
    assert!(!answer.starts_with("HTTP"), "{answer}");

    // Other keys, of which no pod knows yet.
    let keys = Keys::create(&client, &world.namespace.name).await;
    keys.clear().await;
    eventually("other keys", async || {
        operator.endpoint.exchange("").await.is_err_and(|error| error.to_string().contains("UnknownIssuer"))
    })
    .await;
    let authorities = keys.data("ca.crt").await.map(Into::into);
    let endpoint = Endpoint { authorities, ..operator.endpoint.clone() };
    assert_eq!(post(&endpoint, &token, &post::server(0, 3, 900, 0)).await, 202);
    Api::<k8s_openapi::api::core::v1::Namespace>::all(client.clone())
        .delete(&stranger.namespace, &kube::api::DeleteParams::default())
        .await
        .unwrap();
    world.namespace.delete().await;
}
