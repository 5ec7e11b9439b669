//! Runs a scenario from its namespace to its verdict.

use std::any::Any;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use kube::Client;
use tokio::sync::RwLock;
use tokio::time::timeout;

use crate::{Stage, diagnose};

/// No scenario takes longer.
const LIMIT: Duration = Duration::from_secs(420);

/// Shared by scenarios that go on side by side, taken alone by those that would disturb them. All are threads of one
/// process.
static CLUSTER: RwLock<()> = RwLock::const_new(());

/// Plays a scenario, side by side with others.
///
/// # Panics
/// Where it fails: with what went wrong, and after what the cluster knows of it.
pub async fn scenario(name: &str, play: impl AsyncFnOnce(&Stage) -> Result<()>) {
    let Some(client) = client(name).await else { return };
    let _shared = CLUSTER.read().await;
    run(client, name, play).await;
}

/// Plays a scenario while no other goes on, because it disturbs others or measures what they would disturb.
///
/// # Panics
/// As [`scenario`].
pub async fn scenario_alone(name: &str, play: impl AsyncFnOnce(&Stage) -> Result<()>) {
    let Some(client) = client(name).await else { return };
    let _alone = CLUSTER.write().await;
    run(client, name, play).await;
}

/// Says that a test is skipped, and why.
pub(crate) fn skipped(name: &str, why: &str) {
    // Not eprintln: the test runner would keep it to itself. In one piece, or it would mix with the runner's lines.
    let _ = std::io::stderr().write_all(format!("SKIPPED {name}: {why}\n").as_bytes());
}

/// A client of the cluster; `None`, and a line that says so, unless these tests were asked for.
#[allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]
async fn client(name: &str) -> Option<Client> {
    if std::env::var("BALLSESSION_E2E").as_deref() != Ok("1") {
        skipped(
            name,
            "it needs a cluster with the operator, and BALLSESSION_E2E=1 to ask for it: see `make e2e`",
        );
        return None;
    }
    Some(Client::try_default().await.unwrap())
}

async fn run(client: Client, name: &str, play: impl AsyncFnOnce(&Stage) -> Result<()>) {
    let stage = match Stage::create(client, name).await {
        Ok(stage) => stage,
        Err(error) => panic!("{name}: {error:#}"),
    };
    // A panic as well is followed by diagnostics.
    let outcome = AssertUnwindSafe(timeout(LIMIT, play(&stage))).catch_unwind().await;
    let failure = match outcome {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(format!("{error:#}")),
        Ok(Err(_)) => Some(format!("it is not over after {LIMIT:?}")),
        Err(panic) => Some(message(panic.as_ref()).to_owned()),
    };
    if failure.is_some() {
        diagnose(name, &stage.namespaces()).await;
    }
    let deleted = stage.delete().await;
    if let Some(failure) = failure {
        panic!("{name}: {failure}");
    }
    if let Err(error) = deleted {
        panic!("{name}: its namespaces cannot be deleted: {error:#}");
    }
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
}
