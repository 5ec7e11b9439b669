//! An installation, as `kubectl apply --server-side -f install.yaml` makes it, and what its accounts may do.

use std::time::{Duration, Instant};

use cluster::Scratch;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::files;
use crate::rights::{self, Right};

const NAMESPACE: &str = "ballsession-system";
const OPERATOR: &str = "system:serviceaccount:ballsession-system:ballsession-operator";

/// An object's place on the server.
fn api(client: &Client, object: &Value) -> Api<DynamicObject> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let resource =
        ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, object["kind"].as_str().unwrap()));
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// What was not there before goes again. The resource stays: other tests need it.
async fn install(client: &Client) -> Vec<Value> {
    let mut added = Vec::new();
    for object in files::install() {
        let (api, name) = (api(client, &object), object["metadata"]["name"].as_str().unwrap().to_owned());
        let is_new = api.get_opt(&name).await.unwrap().is_none();
        let parameters = PatchParams::apply("tests").force().validation_strict();
        api.patch(&name, &parameters, &Patch::Apply(&object))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", files::title(&object)));
        if is_new && object["kind"] != "CustomResourceDefinition" {
            added.push(object);
        }
    }
    added
}

async fn uninstall(client: &Client, added: Vec<Value>) {
    for object in added.iter().rev() {
        let name = object["metadata"]["name"].as_str().unwrap();
        api(client, object).delete(name, &DeleteParams::background()).await.unwrap();
    }
}

/// Whether somebody with no other groups than all have may get a path that is no resource.
async fn may_get(client: &Client, user: &str, path: &str) -> bool {
    let attributes = NonResourceAttributes { path: Some(path.into()), verb: Some("get".into()) };
    let spec = SubjectAccessReviewSpec {
        user: Some(user.into()),
        groups: Some(vec!["system:authenticated".into()]),
        non_resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    allowed(client, spec).await
}

async fn allowed(client: &Client, spec: SubjectAccessReviewSpec) -> bool {
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    let reviews: Api<SubjectAccessReview> = Api::all(client.clone());
    reviews.create(&PostParams::default(), &review).await.unwrap().status.unwrap().allowed
}

async fn may(client: &Client, user: &str, namespace: &str, right: Right) -> bool {
    // A lease is asked for by its name.
    let name = (right.1 == "leases").then_some("ballsession-operator");
    may_with(client, user, namespace, name, right).await
}

async fn may_with(
    client: &Client,
    user: &str,
    namespace: &str,
    name: Option<&str>,
    (group, resource, verb): Right,
) -> bool {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let attributes = ResourceAttributes {
        group: Some(group.into()),
        resource: Some(resource.into()),
        subresource: Some(subresource.into()),
        verb: Some(verb.into()),
        namespace: Some(namespace.into()),
        name: name.map(str::to_owned),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        user: Some(user.into()),
        groups: Some(vec!["system:serviceaccounts".into(), "system:authenticated".into()]),
        resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    allowed(client, spec).await
}

/// Controllers and the API server's caches take a moment.
async fn eventually(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_true().await {
        assert!(Instant::now() < deadline, "not within 60 s: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_installation_works_and_has_no_more_rights_than_it_needs() {
    let test = "an_installation_works_and_has_no_more_rights_than_it_needs";
    let Some(client) = cluster::client(test).await else { return };
    let scratch = Scratch::create(&client).await;
    let added = install(&client).await;

    operators_rights(&client, &scratch.name).await;
    users_rights(&client, &scratch.name).await;
    // The namespace is one that admits only restricted pods: a pod that is not would never be made.
    eventually("the operator has a pod", async || {
        let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
        let pods = pods.list(&ListParams::default()).await.unwrap();
        pods.iter().any(|pod| pod.name_any().starts_with("ballsession-operator-"))
    })
    .await;

    uninstall(&client, added).await;
    scratch.delete().await;
}

async fn operators_rights(client: &Client, elsewhere: &str) {
    for right in rights::each(rights::SESSIONS) {
        eventually(&format!("{right:?}"), async || may(client, OPERATOR, elsewhere, right).await).await;
    }
    for right in rights::each(rights::CLUSTER) {
        eventually(&format!("{right:?}"), async || may(client, OPERATOR, "", right).await).await;
    }
    // Without the group to which Kubernetes itself binds the role.
    for path in rights::KEY_PATHS {
        eventually(path, async || may_get(client, OPERATOR, path).await).await;
    }
    for path in rights::FORBIDDEN_PATHS {
        assert!(!may_get(client, OPERATOR, path).await, "{path}");
    }
    for right in rights::each(rights::LEASE) {
        eventually(&format!("{right:?}"), async || may(client, OPERATOR, NAMESPACE, right).await).await;
        assert!(!may(client, OPERATOR, elsewhere, right).await, "{right:?} elsewhere");
    }
    for right in rights::each(rights::LEADER) {
        eventually(&format!("{right:?}"), async || may(client, OPERATOR, NAMESPACE, right).await).await;
    }
    let keys = Some("ballsession-operator-reports");
    for right in rights::each(rights::KEYS) {
        eventually(&format!("{right:?}"), async || may_with(client, OPERATOR, NAMESPACE, keys, right).await)
            .await;
        assert!(!may_with(client, OPERATOR, elsewhere, keys, right).await, "{right:?} elsewhere");
        assert!(!may_with(client, OPERATOR, NAMESPACE, Some("another"), right).await, "{right:?} of another");
    }
    for right in rights::each(rights::FORBIDDEN_ELSEWHERE) {
        for namespace in ["", elsewhere] {
            assert!(!may(client, OPERATOR, namespace, right).await, "{right:?} in '{namespace}'");
        }
    }
    for right in rights::each(rights::FORBIDDEN) {
        for namespace in ["", NAMESPACE, elsewhere] {
            assert!(!may(client, OPERATOR, namespace, right).await, "{right:?} in '{namespace}'");
        }
    }
}

/// Who has Kubernetes' own roles in a namespace, has rights to its sessions.
async fn users_rights(client: &Client, namespace: &str) {
    let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), namespace);
    for role in ["view", "edit", "admin"] {
        let binding = serde_json::from_value(json!({
            "metadata": {"name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": format!("{role}-user")}]
        }));
        bindings.create(&PostParams::default(), &binding.unwrap()).await.unwrap();
    }
    let read = ("ballsession.dev", "ballsessions", "get list watch");
    let write = ("ballsession.dev", "ballsessions", "create update patch delete");
    let scale = ("ballsession.dev", "ballsessions/scale", "get update patch");
    let falsify = ("ballsession.dev", "ballsessions/status", "update patch");
    for (role, rights, allowed) in [
        ("view", &[read] as &[Right], true),
        ("edit", &[read, write, scale], true),
        ("admin", &[read, write, scale], true),
        // Asked last, when what may be has arrived.
        ("view", &[write, falsify], false),
        ("edit", &[falsify], false),
        ("admin", &[falsify], false),
    ] {
        let user = format!("{role}-user");
        for right in rights::each(rights) {
            if allowed {
                eventually(&format!("{role}: {right:?}"), async || {
                    may(client, &user, namespace, right).await
                })
                .await;
            } else {
                assert!(!may(client, &user, namespace, right).await, "{role} may {right:?}");
            }
        }
    }
}
