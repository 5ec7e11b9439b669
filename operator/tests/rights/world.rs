//! An installation in a namespace of a test's own, where the test acts in place of the operator.

use std::time::Duration;

use ballsession_operator::clients::Create;
use ballsession_operator::controller::build::{ClientPods, Site, build};
use ballsession_operator::controller::resources::{Desired, Resources};
use ballsession_operator::session::labels::{self, Component};
use ballsession_operator::session::{Session, validate};
use ballsession_operator::settings::{PodDefaults, Settings};
use cluster::{Installation, Scratch};
use crds::BallSession;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, CustomResourceExt};
use serde::Serialize;
use serde_json::{Value, json};

/// Where it is all done.
pub(crate) struct World {
    /// The test itself, which may do everything.
    pub(crate) admin: Client,
    /// What the operator is for the API server.
    pub(crate) operator: Client,
    pub(crate) installation: Installation,
    pub(crate) scratch: Scratch,
}

impl World {
    pub(crate) async fn create(admin: &Client) -> Self {
        let scratch = Scratch::create(admin).await;
        let installation = Installation::in_namespace(admin, &scratch.name).await;
        Self::of(admin, scratch, installation).await
    }

    /// Where the operator is for one namespace.
    pub(crate) async fn create_for_one_namespace(admin: &Client) -> Self {
        let scratch = Scratch::create(admin).await;
        let installation = Installation::for_namespace(admin, &scratch.name).await;
        Self::of(admin, scratch, installation).await
    }

    async fn of(admin: &Client, scratch: Scratch, installation: Installation) -> Self {
        Self { admin: admin.clone(), operator: installation.operator().await, installation, scratch }
    }

    pub(crate) async fn delete(self) {
        self.installation.delete().await;
        self.scratch.delete().await;
    }

    /// A session as a user stores it.
    pub(crate) async fn session(&self, name: &str, spec: &Value) -> Session {
        let resource = BallSession::api_resource();
        let sessions: Api<DynamicObject> =
            Api::namespaced_with(self.admin.clone(), &self.scratch.name, &resource);
        let stored = sessions.create(&PostParams::default(), &cluster::session(name, spec)).await.unwrap();
        validate(&serde_json::from_value(json!(stored)).unwrap()).unwrap()
    }

    /// Where an object is, for whom `client` is.
    pub(crate) fn place(&self, client: &Client, object: &Value) -> Api<DynamicObject> {
        let version = object["apiVersion"].as_str().unwrap();
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = GroupVersionKind::gvk(group, version, object["kind"].as_str().unwrap());
        Api::namespaced_with(client.clone(), &self.scratch.name, &ApiResource::from_gvk(&kind))
    }

    /// Makes an object as the test itself.
    pub(crate) async fn store(&self, object: &Value) -> Value {
        let parameters = PatchParams::apply("somebody").force();
        let place = self.place(&self.admin, object);
        let applied = place.patch(name(object), &parameters, &Patch::Apply(object)).await;
        json!(applied.unwrap_or_else(|error| panic!("{} {}: {error}", object["kind"], name(object))))
    }

    /// Makes an object as the operator does: a pod by a create, all else by an apply.
    ///
    /// # Errors
    /// Where the API server refuses it.
    pub(crate) async fn make(&self, object: &Value) -> kube::Result<DynamicObject> {
        let place = self.place(&self.operator, object);
        if object["kind"] == "Pod" {
            let pod = serde_json::from_value(object.clone()).unwrap();
            return place.create(&PostParams::default(), &pod).await;
        }
        let parameters = PatchParams::apply("ballsession-operator").force();
        place.patch(name(object), &parameters, &Patch::Apply(object)).await
    }
}

pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// All that the operator makes for a session, with the pod of its first client at last.
pub(crate) fn parts(session: &Session, settings: &Settings) -> Vec<Value> {
    // Without `..`: a child that is forgotten here does not compile.
    let Resources {
        workload_service_account,
        report_ca,
        server_deployment,
        server_service,
        client_job,
        server_network_policy,
        client_network_policy,
        media_service,
    } = build(session, &Resources::nothing(), settings, Some("authorities"));
    assert!(!matches!(client_job, Desired::Present(_)), "clients have pods");
    let first = Create { index: 0, attempt: 1, measured: Duration::ZERO };
    let site = Site { node: Some("worker-2"), server_node: Some("worker-1") };
    let children = [
        part(workload_service_account),
        part(report_ca),
        part(server_deployment),
        part(server_service),
        part(server_network_policy),
        part(client_network_policy),
        part(media_service),
        Some(json!(ClientPods::of(session, settings).pod(&first, site))),
    ];
    children.into_iter().flatten().collect()
}

fn part<K: Serialize>(desired: Desired<K>) -> Option<Value> {
    match desired {
        Desired::Present(object) => Some(json!(object)),
        Desired::Absent | Desired::AsItIs => None,
    }
}

/// The part of a session of this kind.
pub(crate) fn of_kind(parts: &[Value], kind: &str) -> Value {
    parts.iter().find(|part| part["kind"] == kind).unwrap().clone()
}

/// What the operator was installed with.
pub(crate) fn settings(pod_defaults: PodDefaults) -> Settings {
    Settings {
        server_image: "registry.example/s:7".into(),
        client_image: "registry.example/c:8".into(),
        image_pull_policy: None,
        architectures: vec!["amd64".into()],
        pod_defaults,
        report_url: "https://ballsession-operator.tower:8443/v1/reports".into(),
        plain_report_url: "http://ballsession-operator.tower:8080/v1/reports".into(),
        operator_namespace: "tower".into(),
    }
}

/// The Job by which an earlier version ran a session's clients.
pub(crate) fn former_job(session: &Session) -> Value {
    let labels = labels::of(&session.name, Component::Client);
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": format!("{}-client", session.name), "labels": labels, "ownerReferences": [session.owner]
        },
        "spec": {"suspend": true, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "client", "image": "none:1"}]
        }}}
    })
}
