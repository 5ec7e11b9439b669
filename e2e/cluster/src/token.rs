//! Tokens as pods have them.

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;

/// A token for `audience` that is bound to `pod`, as the kubelet gets it.
pub async fn pod_token(client: &Client, pod: &Pod, audience: &str) -> String {
    try_pod_token(client, pod, audience).await.unwrap()
}

/// The same of a pod that may be about to go, and its account with it.
///
/// # Errors
/// Where the API server gives none.
pub async fn try_pod_token(client: &Client, pod: &Pod, audience: &str) -> kube::Result<String> {
    let request: TokenRequest = serde_json::from_value(json!({
        "metadata": {},
        "spec": {
            "audiences": [audience], "expirationSeconds": 3600,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod.name_any(), "uid": pod.uid()}
        }
    }))
    .unwrap();
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), &pod.namespace().unwrap());
    let account = pod.spec.as_ref().unwrap().service_account_name.clone().unwrap();
    let answer: TokenRequest =
        accounts.create_subresource("token", &account, &PostParams::default(), &request).await?;
    Ok(answer.status.unwrap().token.unwrap())
}

/// A token of a ServiceAccount, for `audience` or else the API server itself.
pub async fn account_token(
    client: &Client,
    namespace: &str,
    account: &str,
    audience: Option<&str>,
) -> String {
    let audiences: Vec<_> = audience.into_iter().collect();
    let request = json!({"metadata": {}, "spec": {"audiences": audiences, "expirationSeconds": 3600}});
    let request: TokenRequest = serde_json::from_value(request).unwrap();
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), namespace);
    let answer: TokenRequest =
        accounts.create_subresource("token", account, &PostParams::default(), &request).await.unwrap();
    answer.status.unwrap().token.unwrap()
}
