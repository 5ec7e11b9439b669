//! The operator's endpoint for reports, as somebody reaches it who is not one of its workloads.

use anyhow::{Context, Result};
use crds::contract::REPORT_CA_KEY;
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Pod, Secret, ServiceAccount};
use kube::api::{Api, PostParams};
use kube::client::Body;
use kube::{Client, Config};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::command::Process;
use crate::{OPERATOR_NAMESPACE, PATIENCE, eventually, uid};

/// For whom the tokens are that go with reports.
const AUDIENCE: &str = "ballsession.dev/report";

/// The Secret that keeps the operator's keys.
pub const REPORT_SECRET: &str = "ballsession-operator-reports";

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
    /// Where kubectl cannot forward a port to it, or the operator has no keys.
    pub async fn open() -> Result<Self> {
        Self::open_at("service/ballsession-operator", true).await
    }

    /// The one for pods of the version before, without encryption.
    ///
    /// # Errors
    /// Where kubectl cannot forward a port to it.
    pub async fn open_plain() -> Result<Self> {
        Self::open_at("service/ballsession-operator", false).await
    }

    /// That of one of its pods.
    ///
    /// # Errors
    /// As [`Endpoint::open`].
    pub async fn open_at_pod(name: &str) -> Result<Self> {
        Self::open_at(&format!("pod/{name}"), true).await
    }

    async fn open_at(what: &str, is_tls: bool) -> Result<Self> {
        let port = if is_tls { ":8443" } else { ":8080" };
        let arguments = ["--namespace", OPERATOR_NAMESPACE, "port-forward", what, port];
        let mut forward = Process::start("kubectl", &arguments)?;
        let port = eventually(PATIENCE, "a port that is forwarded", async || {
            let said = forward.stdout()?;
            let (_, after) = said.split_once("127.0.0.1:").context("kubectl has not said which port")?;
            let (port, _) = after.split_once(' ').context("kubectl has not said all")?;
            Ok(port.to_owned())
        })
        .await?;
        let scheme = if is_tls { "https" } else { "http" };
        let mut config = Config::new(format!("{scheme}://127.0.0.1:{port}").parse()?);
        config.default_retry = false;
        if is_tls {
            let authorities = report_authorities(&Client::try_default().await?).await?;
            let certificates = CertificateDer::pem_slice_iter(authorities.as_bytes());
            let certificates = certificates.map(|certificate| Ok(certificate?.to_vec()));
            config.root_cert = Some(certificates.collect::<Result<_>>()?);
            config.tls_server_name = Some(format!("ballsession-operator.{OPERATOR_NAMESPACE}.svc"));
        }
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

/// The authorities that issue the operator's certificate, as PEM.
///
/// # Errors
/// Where there are none.
pub async fn report_authorities(client: &Client) -> Result<String> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), OPERATOR_NAMESPACE);
    let secret = secrets.get(REPORT_SECRET).await?;
    let authorities = secret.data.as_ref().and_then(|data| data.get(REPORT_CA_KEY));
    let authorities = authorities.context("the operator has made no keys")?;
    Ok(String::from_utf8(authorities.0.clone())?)
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
