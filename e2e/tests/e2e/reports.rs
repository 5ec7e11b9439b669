//! Who may report what is decided by who they are, not by what they say.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    Endpoint, OPERATOR_NAMESPACE, PATIENCE, Part, REPORT_SECRET, Stage, eventually, kubectl, quick,
    report_authorities, report_token, scenario, variable,
};
use crds::contract::REPORT_CA_KEY;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

/// More than the operator takes to write numbers that moved.
const SEVERAL_WRITES: Duration = Duration::from_secs(75);

/// What nobody who measured would say.
const SENT: i64 = 999_999_999;

#[tokio::test]
async fn strangers_and_clients_cannot_post_measurements() {
    scenario("forged", async |stage| {
        let session = stage.session("honest", &quick()).await?;
        let before = session.works_with(1).await?;
        let stranger = stranger(stage).await?;
        let client = session.ready_pod(Part::Client).await?;

        let endpoint = Endpoint::open().await?;
        for (who, pod) in [("a pod that no session owns", stranger), ("a client", client)] {
            let token = report_token(&stage.client, &pod).await?;
            let status = endpoint.post(&token, &measurements()).await?;
            ensure!(status == 403, "{who} got the answer {status}");
        }
        let status = endpoint.post("not.a.token", &measurements()).await?;
        ensure!(status == 401, "who has no token got the answer {status}");

        session
            .stays(SEVERAL_WRITES, "its numbers are its own", |now| {
                now.goes_on_from(&before)?;
                let frames = now.measurements()?.frames.context("no frames")?;
                ensure!(frames.sent < SENT && now.status()?.clients.len() == 1, "{now}");
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await;
}

/// Only what can be seen within minutes: another certificate is served ten minutes after its authority was published, and for that
/// there is a test on time of its own.
#[tokio::test]
async fn reports_are_encrypted_and_another_authority_disturbs_nobody() {
    scenario("encrypted", async |stage| {
        let session = stage.session("discreet", &quick()).await?;
        let before = session.works_with(1).await?;
        let config_maps: Api<ConfigMap> = Api::namespaced(stage.client.clone(), &stage.namespace);
        let given = async || {
            let given = config_maps.get("discreet-report-ca").await?.data.unwrap_or_default();
            given.get(REPORT_CA_KEY).cloned().context("no authorities in the ConfigMap")
        };
        let authorities = report_authorities(&stage.client).await?;
        ensure!(given().await? == authorities, "the session knows others than the operator has");
        for part in [Part::Server, Part::Client] {
            let pod = session.ready_pod(part).await?;
            let url = variable(&pod, "BALLSESSION_REPORT_TLS_URL").unwrap_or_default();
            ensure!(url.starts_with("https://"), "a {part:?} reports to '{url}'");
        }

        // Those of the version before know no encryption.
        let token = report_token(&stage.client, &session.ready_pod(Part::Server).await?).await?;
        let status = Endpoint::open_plain().await?.post(&token, &json!({})).await?;
        ensure!(status == 400, "without encryption the answer is {status}");

        // One that somebody has asked for a few minutes ago is as good.
        if authorities.matches("BEGIN CERTIFICATE").count() > 1 {
            return Ok(());
        }
        let request = format!("ballsession.dev/rotate={}", stage.namespace);
        let secret = format!("secret/{REPORT_SECRET}");
        kubectl(&["--namespace", OPERATOR_NAMESPACE, "annotate", "--overwrite", &secret, &request]).await?;
        eventually(
            PATIENCE,
            "the session is given the next authority beside the one that is used",
            async || {
                let given = given().await?;
                ensure!(given.contains(&authorities) && given.len() > authorities.len(), "{given}");
                ensure!(report_authorities(&stage.client).await? == given, "the Secret has others");
                Ok(())
            },
        )
        .await?;
        session
            .stays(SEVERAL_WRITES, "it goes on", |now| {
                now.goes_on_from(&before)?;
                now.is("Ready", "True")?;
                now.is("ObjectivesMet", "True")
            })
            .await?;
        let status = Endpoint::open().await?.post(&token, &json!({})).await?;
        ensure!(status == 400, "with the same certificate the answer is {status}");
        Ok(())
    })
    .await;
}

/// A pod with the session's ServiceAccount and its server's labels, made by hand. It need not run to have a token.
async fn stranger(stage: &Stage) -> Result<Pod> {
    let pod = serde_json::from_value(json!({
        "metadata": {"name": "stranger", "labels": {
            "app.kubernetes.io/name": "ballsession", "app.kubernetes.io/instance": "honest",
            "app.kubernetes.io/component": "workload", "app.kubernetes.io/managed-by": "ballsession-operator"
        }},
        "spec": {
            "serviceAccountName": "honest-workload",
            "automountServiceAccountToken": false,
            "nodeSelector": {"example.com/no-node-has": "this"},
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "stranger", "image": "none:1",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
            }]
        }
    }))?;
    let pods: Api<Pod> = Api::namespaced(stage.client.clone(), &stage.namespace);
    Ok(pods.create(&PostParams::default(), &pod).await?)
}

/// What a server posts, with a number of frames that nobody has sent.
fn measurements() -> Value {
    let frames = json!({
        "sent": SENT, "pending": 0, "matched": SENT, "estimated": 0, "lost": 0, "late": 0, "undecodable": 0,
        "undetected": 0, "duplicate": 0, "malformed": 0
    });
    let numbers = json!({
        "frames": frames, "lossPercent": 0, "errorPixels": null, "latencyMilliseconds": null,
        "setupMilliseconds": null, "freezes": null
    });
    let mut recent = numbers.clone();
    recent["windowSeconds"] = json!(5);
    let mut summary = numbers;
    summary["schemaVersion"] = json!(1);
    summary["startedAt"] = json!("2026-01-01T00:00:00Z");
    summary["durationSeconds"] = json!(1);
    summary["video"] = json!({"width": 320, "height": 240, "framesPerSecond": 15, "skippedFrames": 0});
    summary["errors"] = json!([]);
    summary["clients"] = json!([]);
    summary["recent"] = recent;
    json!({
        "schemaVersion": 1, "sequence": 1_000_000, "startedAt": "2100-01-01T00:00:00Z", "connectedClients": 1,
        "clientsWithoutMedia": 0, "summary": summary
    })
}
