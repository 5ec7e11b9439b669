//! Sessions that come and go: what the operator takes of the machine must not grow with how many there were.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use crds::BallSession;
use fastrand::Rng;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, PostParams};
use serde::Serialize;

use super::arguments::Arguments;
use super::stage::Stage;
use super::usage;
use super::world::{eventually, session};

/// So many parts are there of the sessions that come one after the other, with a look at the operator after each.
const PARTS: u32 = 5;
/// Sessions at once, and for how long they are disturbed.
const AT_ONCE: u32 = 50;
const DISTURBED: Duration = Duration::from_secs(60);
/// Between two disturbances: of four, one is the end of a session in whose place another one comes, the others are a pod's.
const BETWEEN: Duration = Duration::from_millis(200);
/// After the last session is gone, what is remembered for a minute is over.
const SETTLING: Duration = Duration::from_secs(75);

const OURS: &str = "app.kubernetes.io/managed-by=ballsession-operator";

/// What was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StormOutcome {
    sessions: u32,
    one_by_one_seconds: f64,
    /// Before the first session, and after each part of those that came one after the other.
    one_by_one: Vec<Taken>,
    at_once: u32,
    sessions_deleted: u32,
    pods_killed: u32,
    /// From the last disturbance until all sessions worked.
    recovered_seconds: f64,
    /// While all of them worked, and after the last one was gone.
    all_at_once: Taken,
    at_end: Taken,
}

/// What the operator takes of the machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    /// Sessions that there were until then.
    after_sessions: u32,
    resident_megabytes: f64,
    descriptors: usize,
    threads: usize,
}

/// Has them come and go.
///
/// # Errors
/// Where something does not come within its time.
pub(super) async fn storm(arguments: &Arguments) -> Result<StormOutcome> {
    let (sessions, patience) = (arguments.sessions, arguments.patience);
    let disturbances = u32::try_from(DISTURBED.as_millis() / BETWEEN.as_millis()).unwrap_or(u32::MAX);
    let stage = Stage::begin(arguments, sessions + AT_ONCE + disturbances).await?;
    let begun = Instant::now();
    let mut one_by_one = vec![taken(&stage, 0)?];
    let part = (sessions / PARTS).max(1);
    for number in 0..sessions {
        create(&stage, number).await?;
        works(&stage, number, patience).await?;
        delete(&stage, number).await?;
        let so_far = number + 1;
        if so_far.is_multiple_of(part) || so_far == sessions {
            let now = taken(&stage, so_far)?;
            eprintln!("{so_far} sessions, {} s: {now:?}", begun.elapsed().as_secs());
            one_by_one.push(now);
        }
    }
    let one_by_one_seconds = begun.elapsed().as_secs_f64();

    let mut numbers: Vec<u32> = (sessions..sessions + AT_ONCE).collect();
    for number in &numbers {
        create(&stage, *number).await?;
    }
    let (mut random, mut next, mut pods_killed) = (Rng::with_seed(50), sessions + AT_ONCE, 0);
    let disturbing = Instant::now();
    while disturbing.elapsed() < DISTURBED {
        let which = random.usize(..numbers.len());
        if random.u8(..4) == 0 {
            delete(&stage, numbers[which]).await?;
            create(&stage, next).await?;
            (numbers[which], next) = (next, next + 1);
        } else {
            pods_killed += u32::from(kill_one(&stage, &mut random).await?);
        }
        tokio::time::sleep(BETWEEN).await;
    }
    let ended = Instant::now();
    for number in &numbers {
        works(&stage, *number, patience).await?;
    }
    let recovered_seconds = ended.elapsed().as_secs_f64();
    let all_at_once = taken(&stage, next)?;
    eprintln!("all of {AT_ONCE} work {recovered_seconds:.0} s after the last disturbance: {all_at_once:?}");
    for number in &numbers {
        delete(&stage, *number).await?;
    }
    all_gone(&stage, patience).await?;
    tokio::time::sleep(SETTLING).await;
    let at_end = taken(&stage, next)?;
    let Stage { world, operator, .. } = stage;
    drop(operator);
    world.scratch.delete().await;
    Ok(StormOutcome {
        sessions,
        one_by_one_seconds,
        one_by_one,
        at_once: AT_ONCE,
        sessions_deleted: next - sessions - AT_ONCE,
        pods_killed,
        recovered_seconds,
        all_at_once,
        at_end,
    })
}

fn taken(stage: &Stage, after_sessions: u32) -> Result<Taken> {
    let pid = stage.operator.pid();
    let ((resident_megabytes, _), (descriptors, threads)) = (usage::memory(pid)?, usage::handles(pid)?);
    Ok(Taken { after_sessions, resident_megabytes, descriptors, threads })
}

async fn create(stage: &Stage, number: u32) -> Result<()> {
    stage.world.api::<BallSession>().create(&PostParams::default(), &session(number)).await?;
    Ok(())
}

async fn delete(stage: &Stage, number: u32) -> Result<()> {
    let sessions = stage.world.api::<BallSession>();
    sessions.delete(&session(number).name_any(), &DeleteParams::background()).await?;
    Ok(())
}

/// Waits until a session works.
async fn works(stage: &Stage, number: u32, patience: Duration) -> Result<()> {
    let name = session(number).name_any();
    let ready =
        eventually(patience, "a session works", async || Ok(stage.statuses.is_ready(&name).then_some(())));
    ready.await.with_context(|| format!("{name}; the operator says: {}", stage.operator.last_words()))
}

/// Deletes a pod of whatever session. Whether there was one.
async fn kill_one(stage: &Stage, random: &mut Rng) -> Result<bool> {
    let pods = stage.world.api::<Pod>();
    let all = pods.list_metadata(&ListParams::default().labels(OURS)).await?.items;
    let Some(pod) = random.choice(&all) else { return Ok(false) };
    match pods.delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits until no pod of any session is left.
async fn all_gone(stage: &Stage, patience: Duration) -> Result<()> {
    eventually(patience, "no pods are left", async || {
        let left = stage.world.api::<Pod>().list_metadata(&ListParams::default().labels(OURS)).await?.items;
        Ok(left.is_empty().then_some(()))
    })
    .await
}
