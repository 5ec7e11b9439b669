//! Waits for the verdict of a session's run, for who has neither `kubectl` nor a shell: the test of a Helm release. It asks for
//! the session once a second, needs the right to get it and no other one, and writes what it waits for to stdout.

mod outcome;

use std::time::Duration;

use anyhow::Context as _;
use crds::BallSession;
use jiff::Timestamp;
use kube::{Api, Client, Config};
use process::Exit;
use tokio::time::{Instant, sleep, timeout};

use crate::api_error::describe;
use crate::wait::outcome::{Outcome, outcome};

/// From one question to the next.
const EVERY: Duration = Duration::from_secs(1);
/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What is waited for, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The session.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// After how long it is given up.
    pub timeout: Duration,
}

/// Waits until the run is over. That its objectives are met is success, that they are missed is [`Exit::NotMet`].
///
/// # Errors
/// Where there is no API server, where the run ends without a verdict, or where that takes too long.
pub fn run(options: &Options) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut config = Config::infer()
            .await
            .context("no API server: neither a pod's service account nor a kubeconfig")?;
        config.read_timeout = Some(LIMIT);
        let client = Client::try_from(config)?;
        wait(&Api::namespaced(client, &options.namespace), options).await
    })
}

async fn wait(sessions: &Api<BallSession>, options: &Options) -> anyhow::Result<Exit> {
    let Options { name, namespace, timeout: patience } = options;
    let deadline = Instant::now() + *patience;
    let mut said = String::new();
    loop {
        let waiting_for = match timeout(LIMIT, sessions.get_opt(name)).await {
            Ok(Ok(Some(session))) => match outcome(&session, Timestamp::now()) {
                Outcome::Pending(why) => why,
                Outcome::Met(numbers) => {
                    println!("{namespace}/{name}: Met: {numbers}");
                    return Ok(Exit::Done);
                }
                Outcome::Missed(why) => {
                    println!("{namespace}/{name}: Missed: {why}");
                    return Ok(Exit::NotMet);
                }
                Outcome::NoVerdict(why) => anyhow::bail!("{namespace}/{name}: no verdict: {why}"),
            },
            Ok(Ok(None)) => "there is no such session".to_owned(),
            Ok(Err(error)) => describe(&error),
            Err(_) => format!("no answer of the API server within {} s", LIMIT.as_secs()),
        };
        if said != waiting_for {
            println!("{namespace}/{name}: {waiting_for}");
            said = waiting_for;
        }
        if Instant::now() + EVERY > deadline {
            anyhow::bail!("{namespace}/{name}: no verdict within {} s: {said}", patience.as_secs());
        }
        sleep(EVERY).await;
    }
}
