//! What a platform and its admin decide about the pods of all sessions.

use ballsession_operator::settings::{PodDefaults, Settings, parse};
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::DeleteParams;
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually, settings};
use crate::refused::{rule, store, wait_refused};

/// O19: platforms that give out ids themselves refuse pods that bring their own.
#[tokio::test]
async fn where_pinned_ids_are_refused_a_session_runs_that_pins_none() {
    let test = "where_pinned_ids_are_refused_a_session_runs_that_pins_none";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    let name = format!("{}-ids", operator.namespace.name);
    let here = json!({"matchLabels": {"kubernetes.io/metadata.name": operator.namespace.name}});
    let ids = ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"];
    let none = ids.map(|id| format!("!has(variables.spec.securityContext.{id})")).join(" && ");
    let policies = store::<ValidatingAdmissionPolicy>(
        &client,
        &json!({"metadata": {"name": name}, "spec": {
            "matchConstraints": {"resourceRules": [rule("apps", "deployments"), rule("", "pods")], "namespaceSelector": here},
            "variables": [{"name": "spec", "expression": "object.kind == 'Pod' ? object.spec : object.spec.template.spec"}],
            "validations": [{"expression": format!("!has(variables.spec.securityContext) || ({none})"),
                             "message": "ids are the platform's"}]
        }}),
    )
    .await;
    let bindings = store::<ValidatingAdmissionPolicyBinding>(
        &client,
        &json!({"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}}),
    )
    .await;
    let pinned = json!({"metadata": {"name": "x"}, "spec": {
        "containers": [{"name": "x", "image": "x:1"}], "securityContext": {"runAsUser": 65532}
    }});
    wait_refused::<Pod>(&operator, &pinned, true).await;

    operator.create("harbor", &json!({"clients": 1})).await;
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    operator
        .create("pier", &json!({"clients": 1, "server": {"securityContext": {"runAsUser": 65532}}}))
        .await;
    let refused = operator.wait_ready("pier", "ApplyFailed").await;
    let message = condition(&refused, "Ready").1;
    assert!(message.contains("ids are the platform's"), "{message}");

    bindings.delete(&name, &DeleteParams::default()).await.unwrap();
    policies.delete(&name, &DeleteParams::default()).await.unwrap();
    operator.finish().await;
}

/// O20: and what an admin takes back is gone from pods as well.
#[tokio::test]
async fn pods_have_what_the_operator_was_installed_with_until_it_is_installed_without() {
    let test = "pods_have_what_the_operator_was_installed_with_until_it_is_installed_without";
    let Some((client, _shared)) = client(test).await else { return };
    let mut operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "server": {"nodeSelector": {"disk": "ssd"}}})).await;
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    let service = operator.api::<Service>().get("harbor-server").await.unwrap().spec.unwrap();
    assert_eq!(
        service.ip_family_policy.as_deref(),
        Some("PreferDualStack"),
        "on a cluster of one family too"
    );

    let defaults = "all: {imagePullSecrets: [{name: mirror}], nodeSelector: {pool: media}, podLabels: {cost: c}, \
                    tolerations: [{key: media, operator: Exists}], securityContext: {supplementalGroups: [7]}}";
    for (pod_defaults, is_there) in [(parse(defaults).unwrap(), true), (PodDefaults::default(), false)] {
        operator = operator.upgrade(Settings { pod_defaults, ..settings() }).await;
        operator
            .wait("harbor-server", "its defaults", |server: &Deployment| {
                let template = json!(server.spec.template);
                template["spec"]["nodeSelector"]["disk"] == "ssd" && has_defaults(&template, is_there)
            })
            .await;
        eventually("the client's defaults", async || {
            let pod = json!(operator.wait_pods("harbor", "client", 1).await[0]);
            if has_defaults(&pod, is_there) { Ok(()) } else { Err(pod) }
        })
        .await;
        operator.play_pods("harbor", 1).await;
        operator.wait_ready("harbor", "Ready").await;
    }
    operator.finish().await;
}

/// Whether a pod has all of the defaults, or nothing of them.
fn has_defaults(pod: &Value, is_there: bool) -> bool {
    let spec = &pod["spec"];
    let is_media = |toleration: &Value| toleration["key"] == "media";
    [
        spec["imagePullSecrets"] == json!([{"name": "mirror"}]),
        spec["nodeSelector"]["pool"] == "media",
        spec["tolerations"].as_array().into_iter().flatten().any(is_media),
        spec["securityContext"]["supplementalGroups"] == json!([7]),
        pod["metadata"]["labels"]["cost"] == "c",
    ] == [is_there; 5]
}
