//! What becomes of a session when its owner changes, ends or suspends it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{PATIENCE, Part, Stage, eventually, quick, scenario, uid, with};
use serde_json::json;

/// More than the operator takes to write numbers that moved.
const SEVERAL_WRITES: Duration = Duration::from_secs(75);

#[tokio::test]
async fn kubectl_scale_changes_the_clients() {
    scenario("scale", async |stage| {
        let session = stage.session("crowd", &quick()).await?;
        session.works_with(1).await?;
        let scale = async |clients: &str| {
            stage.kubectl(&["scale", "ballsession/crowd", &format!("--replicas={clients}")]).await
        };
        scale("4").await?;
        session.works_with(4).await?;

        scale("0").await?;
        session
            .eventually("the server waits alone", |now| {
                now.is("Ready", "True")?;
                ensure!(now.status()?.ready_clients == Some(0), "clients are ready");
                Ok(())
            })
            .await?;
        eventually(PATIENCE, "no client is left", async || {
            let left = session.pods(Part::Client).await?.len();
            ensure!(left == 0, "{left} are");
            Ok(())
        })
        .await?;
        session.ready_pod(Part::Server).await?;

        scale("2").await?;
        session.works_with(2).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_bounded_run_completes_and_keeps_its_logs_and_numbers() {
    scenario("bounded", async |stage| {
        let spec = with(quick(), json!({"clients": 2, "duration": "15s"}));
        let session = stage.session("sprint", &spec).await?;
        session.works_with(2).await?;
        // From there to its end there is no moment at which something else is said.
        let otherwise = eventually(PATIENCE, "it is complete", async || {
            let now = session.snapshot().await?;
            if now.is("Ready", "True").and(now.is("ObjectivesMet", "True")).is_err() {
                return Ok(Some(now.to_string()));
            }
            now.because("Complete", "True", "Finished").map(|_| None)
        });
        let otherwise = otherwise.await?;
        ensure!(otherwise.is_none(), "before its end {}", otherwise.unwrap_or_default());
        session
            .eventually("its last numbers are good", |now| {
                now.because("Ready", "True", "Completed")?;
                now.is("ObjectivesMet", "True")
            })
            .await?;
        eventually(PATIENCE, "the server's pod is gone", async || {
            let left = session.pods(Part::Server).await?.len();
            ensure!(left == 0, "{left} are there");
            Ok(())
        })
        .await?;
        let clients = session.pods(Part::Client).await?;
        ensure!(clients.len() == 2, "{} client pods are left", clients.len());
        for pod in &clients {
            let log = stage.kubectl(&["logs", pod.metadata.name.as_deref().context("no name")?]).await?;
            ensure!(log.contains("ball at"), "the client's log has no ball: {log}");
        }

        // A change that measures nothing else must not begin another run.
        let frozen = session.snapshot().await?;
        let frozen = frozen.status()?.clone();
        session.change(&json!({"clients": 3})).await?;
        session
            .stays(SEVERAL_WRITES, "its numbers are frozen", |now| {
                let status = now.status()?;
                ensure!(status.measurements == frozen.measurements, "{:?}", status.measurements);
                ensure!(
                    status.clients == frozen.clients && status.errors == frozen.errors,
                    "rows have changed"
                );
                // Which generation it is about follows the change in a moment.
                ensure!(status.conditions.iter().any(|c| c.type_ == "Complete" && c.status == "True"));
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_suspended_session_keeps_its_numbers_and_goes_on() {
    scenario("suspend", async |stage| {
        let session = stage.session("nap", &quick()).await?;
        session.works_with(1).await?;
        session.change(&json!({"suspend": true})).await?;
        session
            .eventually("it is suspended", |now| {
                now.because("Ready", "True", "Suspended")?;
                now.because("ObjectivesMet", "Unknown", "Suspended")?;
                now.measurements().map(drop)
            })
            .await?;
        eventually(PATIENCE, "its pods are gone", async || {
            let left = session.pods(Part::Server).await?.len() + session.pods(Part::Client).await?.len();
            ensure!(left == 0, "{left} are there");
            Ok(())
        })
        .await?;
        session.snapshot().await?.measurements()?;

        session.change(&json!({"suspend": false})).await?;
        session.works_with(1).await?;
        Ok(())
    })
    .await;
}

/// The time between the clients that end and those that follow is the operator's doing.
#[tokio::test]
async fn clients_that_the_operator_replaces_are_no_gap() {
    scenario("replaced", async |stage| {
        let strict = json!({"objectives": {"window": "10s", "minimumFrames": 100, "deliveredPercent": "90"}});
        let session = stage.session("moved", &with(quick(), strict)).await?;
        session.works_with(1).await?;
        let before = session.ready_pod(Part::Client).await?;
        session.change(&json!({"client": {"podLabels": {"example.com/moved": "yes"}}})).await?;
        // Long enough for all of the gap to have been in the window, and to have left it.
        let undisturbed = session.stays(Duration::from_secs(30), "the verdict is not False", |now| {
            // Also one that is about the spec before.
            let mut verdicts = now.status()?.conditions.iter().filter(|one| one.type_ == "ObjectivesMet");
            ensure!(verdicts.all(|verdict| verdict.status != "False"), "it is");
            Ok(())
        });
        undisturbed.await?;
        session.ready_pod_but(Part::Client, uid(&before)).await?;
        session.works_with(1).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn another_video_format_is_another_run() {
    scenario("format", async |stage| {
        let session = stage.session("format", &quick()).await?;
        let before = session.works_with(1).await?;
        session
            .change(&json!({"video": {"width": 160, "height": 120}, "ball": {"radiusPixels": 10}}))
            .await?;
        let started = &before.measurements()?.started_at;
        session
            .eventually("it works, with numbers of another server", |now| {
                now.works_with(1)?;
                ensure!(&now.measurements()?.started_at != started, "the server still is the old one");
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_session() {
    scenario("delete", async |stage| {
        let spec = with(quick(), json!({"clients": 2, "networkPolicy": "Isolated"}));
        let session = stage.session("ghost", &spec).await?;
        session.works_with(2).await?;
        ensure!(
            left(stage, &session.name).await?.lines().count() >= 9,
            "its objects are not found by their label"
        );

        session.delete().await?;
        eventually(Duration::from_secs(30), "nothing is left", async || {
            let left = left(stage, &session.name).await?;
            ensure!(left.is_empty(), "{left}");
            Ok(())
        })
        .await
    })
    .await;
}

/// What there is in the stage's namespace of a session.
async fn left(stage: &Stage, session: &str) -> Result<String> {
    let kinds = "ballsessions,deployments,replicasets,pods,services,serviceaccounts,networkpolicies";
    let selector = format!("app.kubernetes.io/instance={session}");
    stage.kubectl(&["get", kinds, "--selector", &selector, "-o", "name"]).await
}
