//! An upgrade of the operator from the version before, on a real cluster: `make e2e-upgrade` has what it needs there.

mod install;
mod observation;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ballsession_e2e::{
    INSTALL, PATIENCE, Part, Session, Stage, eventually, scenario_alone, uid, variable, with,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::install::install;
use crate::observation::observe;

/// Names the file by which the version before is installed.
const FORMER_INSTALL: &str = "BALLSESSION_FORMER_INSTALL";

/// One more than move to the new version at a time.
const LIVE: [&str; 6] = ["live-0", "live-1", "live-2", "live-3", "live-4", "live-5"];
const AT_ONCE: usize = 5;

/// A run that goes on all through the upgrade, and one that is over before it.
const RUN: &str = "run";
const OVER: &str = "over";

/// How long it takes until all sessions have moved: two turns of which each takes a minute at most, and some more.
const MOVED_WITHIN: Duration = Duration::from_secs(180);

/// How often the sessions are observed meanwhile.
const STEP: Duration = Duration::from_millis(300);

/// A session that costs little, asked for in words that both versions know.
fn spec(changes: Value) -> Value {
    let base = json!({
        "clients": 1, "placement": "Any",
        "video": {"width": 320, "height": 240, "framesPerSecond": 15, "bitrateKbps": 300},
        "objectives": {"window": "5s", "minimumFrames": 30, "errorPixelsP95": "1", "latencyP95": "1s", "lossPercent": "20",
                       "longestFreeze": "10s", "setupP95": "60s"}
    });
    with(base, changes)
}

#[tokio::test]
async fn an_upgrade_interrupts_few_at_a_time_and_no_run() {
    scenario_alone("upgrade", async |stage| {
        let former = std::env::var(FORMER_INSTALL)
            .with_context(|| format!("{FORMER_INSTALL} names no file: see `make e2e-upgrade`"))?;
        install(&former).await.context("the version before cannot be installed")?;
        let over = stage.session(OVER, &spec(json!({"duration": "10s"}))).await?;
        over.eventually("a run of the version before that is over", |snapshot| {
            snapshot.is("Complete", "True")
        })
        .await?;
        let run = stage.session(RUN, &spec(json!({"clients": 2, "duration": "90s"}))).await?;
        for name in LIVE {
            stage.session(name, &spec(json!({}))).await?;
        }
        for name in LIVE.iter().chain([&RUN]) {
            let ready = format!("{name} is ready by the version before");
            stage.existing(name).eventually(&ready, |snapshot| snapshot.is("Ready", "True")).await?;
        }
        let before =
            run.eventually("numbers of the run", |snapshot| snapshot.measurements().map(drop)).await?;
        let kept = raw(stage, OVER).await?;
        let pods = pods_by_session(stage).await?;

        // While it is exchanged for the new one, the operator looks after nothing, and after that all at once.
        let (installed, watched) = tokio::join!(install(INSTALL), watch(stage, &pods));
        installed.context("the current version cannot be installed")?;
        watched?;
        // What has moved reports over TLS, and the run that was under way as the version before does.
        for (session, is_encrypted) in [(stage.existing(LIVE[0]), true), (stage.existing(RUN), false)] {
            let pod = session.ready_pod(Part::Server).await?;
            let url = variable(&pod, "BALLSESSION_REPORT_TLS_URL");
            ensure!(url.is_some() == is_encrypted, "a server reports to {url:?}");
        }

        let after = run
            .eventually("the run is over", |snapshot| {
                snapshot.because("Complete", "True", "Finished").map(drop)
            })
            .await?;
        after.goes_on_from(&before).context("of the run that was under way")?;
        let verdict = after.condition("ObjectivesMet")?;
        ensure!(verdict.status != "Unknown", "no numbers of the whole run: {after}");
        let sent = |snapshot: &ballsession_e2e::Snapshot| -> Result<i64> {
            Ok(snapshot.measurements()?.frames.map_or(0, |frames| frames.sent))
        };
        ensure!(sent(&after)? > sent(&before)?, "the run ended with the numbers of before: {after}");
        same_clients(&run, &pods).await?;
        let now = raw(stage, OVER).await?;
        for (what, then) in &kept {
            ensure!(
                now.get(what) == Some(then),
                "{what} of a run that was over is {:?}, and was {then}",
                now.get(what)
            );
        }
        Ok(())
    })
    .await;
}

/// The UIDs of the pods of each session, as the version before made them: the server's, and the clients'.
type Pods = BTreeMap<&'static str, (String, Vec<String>)>;

async fn pods_by_session(stage: &Stage) -> Result<Pods> {
    let mut pods = Pods::new();
    for name in LIVE.into_iter().chain([RUN]) {
        let session = stage.existing(name);
        let server = session.ready_pod(Part::Server).await?;
        let mut clients: Vec<_> =
            session.pods(Part::Client).await?.iter().map(|pod| uid(pod).to_owned()).collect();
        clients.sort();
        pods.insert(name, (uid(&server).to_owned(), clients));
    }
    Ok(pods)
}

/// Observes all sessions until all that are to move have moved, and sees that never more than a few are interrupted, and none
/// before its turn.
async fn watch(stage: &Stage, pods: &Pods) -> Result<()> {
    let deadline = Instant::now() + MOVED_WITHIN + PATIENCE;
    let mut run_was_adopted = false;
    let mut most = 0;
    loop {
        // The API server may be busy: what cannot be read now is read at the next time.
        let observations =
            eventually(PATIENCE, "an answer of the API server", async || observe(stage).await).await?;
        let mut moving = Vec::new();
        let mut settled = 0;
        for (name, (server, clients)) in pods {
            let observed = observations.get(*name).with_context(|| format!("{name} is gone"))?;
            if *name == RUN {
                run_was_adopted |= observed.is_adopted && !observed.is_complete;
                ensure!(
                    observed.clients == *clients,
                    "clients of a run under way were {clients:?} and are {observed:?}"
                );
                continue;
            }
            if !observed.has_moved {
                let is_as_before = observed.server.as_ref() == Some(server) && observed.clients == *clients;
                ensure!(
                    is_as_before,
                    "{name} was interrupted before its turn: it had {server} and {clients:?}: {observed:?}"
                );
            } else if observed.is_settled(server, clients) {
                settled += 1;
            } else {
                moving.push(*name);
            }
        }
        ensure!(moving.len() <= AT_ONCE, "these restart at once: {moving:?}");
        most = most.max(moving.len());
        if settled == LIVE.len() {
            ensure!(most > 0, "all have moved, and none was seen to");
            ensure!(run_was_adopted, "the run under way was not adopted, or over before anybody observed it");
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "not all sessions have moved: {settled} of {} have, {moving:?} are about to: {observations:?}",
                LIVE.len()
            );
        }
        sleep(STEP).await;
    }
}

/// The clients of the run are those of before, and were never started again.
async fn same_clients(run: &Session, pods: &Pods) -> Result<()> {
    let found = run.pods(Part::Client).await?;
    let mut uids: Vec<_> = found.iter().map(|pod| uid(pod).to_owned()).collect();
    uids.sort();
    ensure!(
        Some(&uids) == pods.get(RUN).map(|(_, clients)| clients),
        "the clients of the run are others: {uids:?}"
    );
    for pod in &found {
        let containers = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        let restarts: i32 = containers.map(|container| container.restart_count).sum();
        ensure!(restarts == 0, "a client of the run was started again {restarts} times");
    }
    Ok(())
}

/// What is stored of a finished run, word by word: its numbers, errors and verdict.
async fn raw(stage: &Stage, name: &str) -> Result<BTreeMap<String, Value>> {
    let text = stage.kubectl(&["get", "ballsession", name, "-o", "json"]).await?;
    let session: Value = serde_json::from_str(&text)?;
    let status = &session["status"];
    let mut kept = BTreeMap::new();
    for field in ["measurements", "clients", "errors", "errorCount", "serverRestarts"] {
        kept.insert(field.to_owned(), status[field].clone());
    }
    for field in ["clients", "serverNode", "errorP95", "errorMean", "latencyP95", "loss"] {
        kept.insert(format!("display.{field}"), status["display"][field].clone());
    }
    for condition in status["conditions"].as_array().into_iter().flatten() {
        let kind = condition["type"].as_str().unwrap_or_default();
        if ["ObjectivesMet", "Complete"].contains(&kind) {
            kept.insert(kind.to_owned(), condition.clone());
        }
    }
    ensure!(
        kept.contains_key("ObjectivesMet") && !status["measurements"].is_null(),
        "there are no numbers to keep: {status}"
    );
    Ok(kept)
}
