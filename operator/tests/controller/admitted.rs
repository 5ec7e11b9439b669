//! Children that a policy changes when they are created, and at no other time: that is no difference to be undone.

use k8s_openapi::api::admissionregistration::v1::{MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{DeleteParams, PostParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually};
use crate::refused::store;

const MIRROR: &str = "mirror.example/s:7";

/// Stores a policy that changes what is created of a kind in the test's namespace, and waits until it does.
pub(crate) async fn change_on_create(operator: &Operator, client: &kube::Client, patch: &str) -> String {
    let name = format!("{}-create", operator.namespace.name);
    let here = json!({"matchLabels": {"kubernetes.io/metadata.name": operator.namespace.name}});
    let rule = |group: &str, resource: &str| json!({"apiGroups": [group], "apiVersions": ["v1"], "resources": [resource], "operations": ["CREATE"]});
    let rules = [rule("apps", "deployments"), rule("", "pods")];
    store::<MutatingAdmissionPolicy>(
        client,
        &json!({"metadata": {"name": name}, "spec": {
            "matchConstraints": {"resourceRules": rules, "namespaceSelector": here},
            "reinvocationPolicy": "Never", "failurePolicy": "Fail",
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}]
        }}),
    )
    .await;
    let binding = json!({"metadata": {"name": name}, "spec": {"policyName": name}});
    store::<MutatingAdmissionPolicyBinding>(client, &binding).await;
    let probe: Deployment = serde_json::from_value(json!({"metadata": {"name": "x"}, "spec": {
        "selector": {"matchLabels": {"app": "x"}},
        "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}}
    }}))
    .unwrap();
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    eventually("the policy", async || {
        let created =
            operator.api::<Deployment>().create(&dry, &probe).await.map_err(|error| error.to_string())?;
        if image(&created) == MIRROR { Ok(()) } else { Err(image(&created)) }
    })
    .await;
    name
}

fn image(deployment: &Deployment) -> String {
    deployment.spec.template.spec.as_ref().unwrap().containers[0].image.clone().unwrap_or_default()
}

/// O4: what was asked for was applied again and again, and refused for an immutable field: InvalidSpec for ever.
#[tokio::test]
async fn what_a_policy_changes_on_create_alone_is_left_as_it_is() {
    let test = "what_a_policy_changes_on_create_alone_is_left_as_it_is";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    let replaced = |path: &str| format!("JSONPatch{{op: 'replace', path: '{path}', value: '{MIRROR}'}}");
    let added = |path: &str| format!("JSONPatch{{op: 'add', path: '{path}/team', value: 'a'}}");
    let (of_deployments, of_pods) = (
        [
            replaced("/spec/template/spec/containers/0/image"),
            added("/spec/selector/matchLabels"),
            added("/spec/template/metadata/labels"),
        ],
        replaced("/spec/containers/0/image"),
    );
    let patch = format!("object.kind == 'Pod' ? [{of_pods}] : [{}]", of_deployments.join(", "));
    let policy = change_on_create(&operator, &client, &patch).await;

    let session = operator.create("harbor", &json!({"clients": 1})).await;
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    let operator = operator.restart().await;
    operator.server_reports(&session).await;
    operator.reconcile_again_without_writes(&session).await;
    let server = operator.api::<Deployment>().get("harbor-server").await.unwrap();
    assert_eq!((image(&server).as_str(), server.metadata.generation), (MIRROR, Some(1)));
    let client_pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
    assert_eq!(client_pod.spec.unwrap().containers[0].image.as_deref(), Some(MIRROR));

    // What is asked for anew is applied, around what cannot be changed.
    operator.change("harbor", &json!({"server": {"image": "registry.example/s:8"}})).await;
    let changed = |found: &Deployment| image(found) == "registry.example/s:8";
    let server = operator.wait("harbor-server", "the new image", changed).await;
    let selector = serde_json::to_value(&server.spec.selector).unwrap();
    assert_eq!(selector["matchLabels"]["team"], Value::from("a"));
    assert_eq!(
        serde_json::to_value(&server.spec.template).unwrap()["metadata"]["labels"]["team"],
        Value::from("a")
    );
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    let session = operator.api::<crds::BallSession>().get("harbor").await.unwrap();
    assert_ne!(condition(&session, "Ready").0, "InvalidSpec");

    let (policies, bindings) = (
        kube::Api::<MutatingAdmissionPolicy>::all(client.clone()),
        kube::Api::<MutatingAdmissionPolicyBinding>::all(client.clone()),
    );
    bindings.delete(&policy, &DeleteParams::default()).await.unwrap();
    policies.delete(&policy, &DeleteParams::default()).await.unwrap();
    operator.finish().await;
}
