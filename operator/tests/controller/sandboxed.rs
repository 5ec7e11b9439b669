//! Pods that admission binds to some of the nodes, as a RuntimeClass does: which nodes fit is known by the pods that were made.

use k8s_openapi::api::admissionregistration::v1::{MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding};
use kube::api::{Api, DeleteParams};
use serde_json::json;

use crate::admitted::change_on_create;
use crate::harness::{Operator, client_alone};
use crate::placement::{each_node, fitting, wait_clients, wait_nodes};

#[tokio::test]
async fn a_node_that_admission_keeps_pods_from_has_no_client() {
    let Some((client, _alone)) = client_alone("a_node_that_admission_keeps_pods_from_has_no_client").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let replaced = "JSONPatch{op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'mirror.example/s:7'}";
    let selected = "JSONPatch{op: 'add', path: '/spec/nodeSelector/sandbox', value: 'yes'}";
    let patch = format!("object.kind == 'Pod' ? [{selected}] : [{replaced}]");
    let policy = change_on_create(&operator, &client, &patch).await;
    let (a, b) = (fitting(&client, &operator, "a").await, fitting(&client, &operator, "b").await);
    a.change(&json!({"metadata": {"labels": {"sandbox": "yes"}}})).await;
    operator.create("harbor", &each_node(&operator)).await;
    wait_nodes(&operator, &[&a.name]).await;
    wait_clients(&operator, &[&a.name]).await;
    operator.wait_for_quiet().await;

    b.change(&json!({"metadata": {"labels": {"sandbox": "yes"}}})).await;
    wait_nodes(&operator, &[&a.name, &b.name]).await;
    wait_clients(&operator, &[&a.name, &b.name]).await;
    let bindings = Api::<MutatingAdmissionPolicyBinding>::all(client.clone());
    bindings.delete(&policy, &DeleteParams::default()).await.unwrap();
    let policies = Api::<MutatingAdmissionPolicy>::all(client.clone());
    policies.delete(&policy, &DeleteParams::default()).await.unwrap();
    for node in [a, b] {
        node.finish().await;
    }
    operator.finish().await;
}
