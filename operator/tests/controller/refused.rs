//! Children that the API server refuses: the refusal is quoted, all else goes on, and nothing is sent again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use ballsession_operator::session::labels::{COMPONENT, INSTANCE};
use crds::BallSession;
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Service, ServiceAccount};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually};

/// Stores a kind that is not in a namespace.
pub(crate) async fn store<K>(client: &Client, object: &Value) -> Api<K>
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::ClusterResourceScope>,
    K: Clone + std::fmt::Debug + serde::Serialize + DeserializeOwned,
{
    let objects: Api<K> = Api::all(client.clone());
    objects.create(&PostParams::default(), &serde_json::from_value(object.clone()).unwrap()).await.unwrap();
    objects
}

/// Waits until the API server refuses this, or takes it.
pub(crate) async fn wait_refused<K>(operator: &Operator, object: &Value, is_refused: bool)
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + serde::Serialize + DeserializeOwned,
{
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let object: K = serde_json::from_value(object.clone()).unwrap();
    eventually("what is refused", async || {
        let created = operator.api::<K>().create(&dry, &object).await;
        if created.is_err() == is_refused { Ok(()) } else { Err(format!("{created:?}")) }
    })
    .await;
}

pub(crate) fn rule(group: &str, resource: &str) -> Value {
    json!({"apiGroups": [group], "apiVersions": ["v1"], "resources": [resource], "operations": ["CREATE", "UPDATE"]})
}

/// The events about sessions, by reason.
async fn published(operator: &Operator) -> BTreeMap<String, i32> {
    let mut counts = BTreeMap::new();
    for event in operator.api::<Event>().list(&ListParams::default()).await.unwrap() {
        let kind = event.regarding.as_ref().and_then(|regarding| regarding.kind.as_deref());
        if kind == Some("BallSession") {
            let times = event.series.as_ref().map_or(1, |series| series.count);
            *counts.entry(event.reason.clone().unwrap_or_default()).or_default() += times;
        }
    }
    counts
}

/// O5: with a webhook away everything was blank; now it is quoted, and the session is observed on.
#[tokio::test]
async fn a_webhook_that_is_away_is_quoted_and_the_rest_goes_on() {
    let test = "a_webhook_that_is_away_is_quoted_and_the_rest_goes_on";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    let name = format!("{}-away", operator.namespace.name);
    let webhooks = store::<ValidatingWebhookConfiguration>(
        &client,
        &json!({"metadata": {"name": name}, "webhooks": [{
            "name": "away.example.com", "clientConfig": {"url": "https://127.0.0.1:1/"}, "rules": [rule("", "services")],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": operator.namespace.name}},
            "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 2
        }]}),
    )
    .await;
    let service =
        json!({"metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "x"}}});
    wait_refused::<Service>(&operator, &service, true).await;

    operator.create("harbor", &json!({"clients": 1})).await;
    let failed = operator.wait_ready("harbor", "ApplyFailed").await;
    let message = condition(&failed, "Ready").1;
    assert!(message.starts_with("the API server does not apply Service harbor-server: "), "{message}");
    assert!(message.contains("away.example.com"), "{message}");
    operator.play_pods("harbor", 1).await;
    let observed = operator
        .wait("harbor", "its pods", |session: &BallSession| {
            let display = session.status.as_ref().and_then(|status| status.display.as_ref());
            display.and_then(|display| display.clients.as_deref()) == Some("1/1")
        })
        .await;
    assert_eq!(condition(&observed, "Ready").0, "ApplyFailed");
    for kind in ["deployments", "pods", "serviceaccounts"] {
        assert!(operator.writes().iter().any(|write| write.contains(kind)), "{kind} {:?}", operator.writes());
    }
    operator.api::<ServiceAccount>().get("harbor-workload").await.unwrap();

    // At most every 2 s in this test, a minute in earnest, however often the session is reconciled for other reasons; and
    // nothing about it but the attempts.
    operator.wait_for_quiet_beside("services/harbor-server").await;
    for _ in 0..50 {
        operator.server_reports(&observed).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let writes = operator.writes();
    assert!(writes.iter().all(|write| write.ends_with("services/harbor-server")), "{writes:?}");
    assert!((3..=11).contains(&writes.len()), "{writes:?}");
    assert_eq!(published(&operator).await.get("ApplyFailed"), Some(&1));

    webhooks.delete(&name, &DeleteParams::default()).await.unwrap();
    operator.server_reports(&observed).await;
    operator.wait_ready("harbor", "Ready").await;
    operator.api::<Service>().get("harbor-server").await.unwrap();
    operator.finish().await;
}

/// O5: what a policy refuses is no mistake in the spec.
#[tokio::test]
async fn a_policy_is_quoted_and_is_no_invalid_spec() {
    let Some((client, _shared)) = client("a_policy_is_quoted_and_is_no_invalid_spec").await else { return };
    let operator = Operator::start(&client).await;
    let name = format!("{}-policy", operator.namespace.name);
    let here = json!({"matchLabels": {"kubernetes.io/metadata.name": operator.namespace.name}});
    let policies = store::<ValidatingAdmissionPolicy>(
        &client,
        &json!({"metadata": {"name": name}, "spec": {
            "matchConstraints": {"resourceRules": [rule("apps", "deployments")], "namespaceSelector": here},
            "validations": [{"expression": "has(object.metadata.labels) && 'team' in object.metadata.labels",
                             "message": "every Deployment has a team"}]
        }}),
    )
    .await;
    let bindings = store::<ValidatingAdmissionPolicyBinding>(
        &client,
        &json!({"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}}),
    )
    .await;
    let deployment = json!({"metadata": {"name": "x"}, "spec": {
        "selector": {"matchLabels": {"app": "x"}},
        "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}}
    }});
    wait_refused::<Deployment>(&operator, &deployment, true).await;

    operator.create("harbor", &json!({"clients": 1})).await;
    let failed = operator.wait_ready("harbor", "ApplyFailed").await;
    let message = condition(&failed, "Ready").1;
    assert!(message.contains("every Deployment has a team"), "{message}");
    operator.wait("harbor-server", "the other children", |_: &Service| true).await;

    bindings.delete(&name, &DeleteParams::default()).await.unwrap();
    policies.delete(&name, &DeleteParams::default()).await.unwrap();
    let server = operator.wait("harbor-server", "the server", |_: &Deployment| true).await;
    assert_eq!(
        (server.labels().get(INSTANCE), server.labels().get(COMPONENT)),
        (Some(&"harbor".into()), Some(&"server".into()))
    );
    operator.wait_ready("harbor", "ServerNotReady").await;
    operator.finish().await;
}
