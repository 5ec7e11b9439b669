//! A check that cannot fail proves nothing: each fault of a client turns the verdict, for its own reason.

use anyhow::{Result, ensure};
use ballsession_e2e::{quick, scenario, with};
use serde_json::{Value, json};

/// Plays a session until its verdict is False for `reason`, with a message that ends in `allowed`.
async fn fails(name: &str, changes: Value, reason: &str, allowed: &str) {
    scenario(name, async |stage| {
        let session = stage.session(name, &with(quick(), changes)).await?;
        let shown = session.eventually(reason, |now| {
            now.because("ObjectivesMet", "False", reason)?;
            // Media flows all the same.
            now.is("Ready", "True")?;
            // Another writer's, who has to see the condition first.
            let display = now.status()?.display.clone().unwrap_or_default();
            ensure!(display.reason.as_deref() == Some(reason), "kubectl shows {display:?}");
            Ok(())
        });
        let message = shown.await?.condition("ObjectivesMet")?.message.clone();
        let measured: Result<f64, _> = message.split(' ').next().unwrap_or_default().parse();
        ensure!(
            measured.is_ok() && message.contains(allowed),
            "the message has not value and threshold: {message}"
        );
        let client = format!("({name}-client-0 on ");
        ensure!(
            message.contains(&client) && message.contains("; cause "),
            "the message has not client, node and cause: {message}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_objective_that_is_too_strict() {
    let strict = json!({"objectives": {"errorPixelsP95": "0.001"}});
    fails("strict", strict, "ErrorTooHigh", "px error p95, 0.001 px allowed").await;
}

#[tokio::test]
async fn positions_that_are_off() {
    let offset = json!({"client": {"faults": ["offset=5px"]}});
    fails("offset", offset, "ErrorTooHigh", "px error p95, 1 px allowed").await;
}

#[tokio::test]
async fn reports_that_are_late() {
    let delay = json!({"client": {"faults": ["delay=500ms"]}, "objectives": {"latencyP95": "300ms"}});
    fails("delay", delay, "LatencyTooHigh", "ms latency p95, 300 ms allowed").await;
}

#[tokio::test]
async fn reports_that_are_left_out() {
    // A frame is lost after 3 s, and matched at once: a short window would see too little of the loss.
    let drop = json!({"client": {"faults": ["drop=40%@7"]}, "objectives": {"window": "30s"}});
    fails("drop", drop, "LossTooHigh", "% lost, 20 % allowed").await;
}

#[tokio::test]
async fn video_that_stands_still() {
    // What is frozen is lost and not delivered as well, and these reasons would come first.
    let freeze = json!({
        "client": {"faults": ["freeze=2s"]},
        "objectives": {"longestFreeze": "1s", "lossPercent": "100", "deliveredPercent": "0", "window": "10s"}
    });
    fails("freeze", freeze, "FreezeTooLong", "ms longest freeze, 1000 ms allowed").await;
}
