//! The operator's endpoint for reports, as somebody reaches it who is not one of its workloads.

use anyhow::{Context, Result};
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{Api, PostParams};
use kube::client::Body;
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::command::Process;
use crate::{OPERATOR_NAMESPACE, PATIENCE, eventually, uid};

/// For whom the tokens are that go with reports.
const AUDIENCE: &str = "ballsession.dev/report";

/// The endpoint, through a port of this machine.
pub struct Endpoint {
    client: Client,
    /// Carries the connections.
    _forward: Process,
}

impl Endpoint {
    /// The endpoint of the operator that is installed.
    ///
    /// # Errors
    /// Where kubectl cannot forward a port to it.
    pub async fn open() -> Result<Self> {
        Self::open_at("service/ballsession-operator").await
    }

    /// That of one of its pods.
    ///
    /// # Errors
    /// As [`Endpoint::open`].
    pub async fn open_at_pod(name: &str) -> Result<Self> {
        Self::open_at(&format!("pod/{name}")).await
    }

    async fn open_at(what: &str) -> Result<Self> {
        let arguments = ["--namespace", OPERATOR_NAMESPACE, "port-forward", what, ":8080"];
        let mut forward = Process::start("kubectl", &arguments)?;
        let port = eventually(PATIENCE, "a port that is forwarded", async || {
            let said = forward.stdout()?;
            let (_, after) = said.split_once("127.0.0.1:").context("kubectl has not said which port")?;
            let (port, _) = after.split_once(' ').context("kubectl has not said all")?;
            Ok(port.to_owned())
        })
        .await?;
        let mut config = Config::new(format!("http://127.0.0.1:{port}").parse()?);
        config.default_retry = false;
        Ok(Self { client: Client::try_from(config)?, _forward: forward })
    }

    /// Posts a report and returns the status of the answer.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn post(&self, token: &str, report: &Value) -> Result<u16> {
        let request = http::Request::post("/v1/reports")
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .body(Body::from(serde_json::to_vec(report)?))?;
        Ok(self.client.send(request).await?.status().as_u16())
    }
}

/// A token as the pod itself holds one: it names the pod and its ServiceAccount, and is for reports alone.
///
/// # Errors
/// Where the cluster does not give one.
pub async fn report_token(client: &Client, pod: &Pod) -> Result<String> {
    let namespace = pod.metadata.namespace.as_deref().context("a pod without namespace")?;
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref());
    let asked: TokenRequest = serde_json::from_value(json!({
        "metadata": {},
        "spec": {
            "audiences": [AUDIENCE],
            "expirationSeconds": 3600,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod.metadata.name, "uid": uid(pod)}
        }
    }))?;
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let account = account.context("a pod without ServiceAccount")?;
    let given: TokenRequest =
        accounts.create_subresource("token", account, &PostParams::default(), &asked).await?;
    given.status.and_then(|status| status.token).context("a TokenRequest without an answer")
}
