//! A watch of one session until there is nothing to wait for any more.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, bail};
use crds::BallSession;
use futures_util::StreamExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watch_object};
use process::Stop;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::cluster::{Cluster, explained, sessions, unknown, watch_explained};
use crate::session::{Judgement, NOT_OBSERVED, Step, Waiter};

/// How a wait ends.
pub(super) enum End {
    /// There is a verdict, or something that keeps the session from one.
    Judged(Judgement, Box<BallSession>),
    /// There was none in time; what was said last.
    TimedOut(Option<(Judgement, Box<BallSession>)>),
    /// Somebody stopped the wait.
    Stopped(Stop),
}

/// Watches a session. What it says goes to stderr whenever it changes.
///
/// # Errors
/// Where the session is not there, or may not be watched.
pub(super) async fn follow(
    cluster: &Cluster,
    name: &str,
    mut waiter: Waiter,
    timeout: Duration,
    stop: &mut Receiver<Option<Stop>>,
) -> Result<End> {
    let began = Instant::now();
    let mut versions = pin!(watch_object(sessions(cluster), name).default_backoff());
    let mut last: Option<(Judgement, Box<BallSession>)> = None;
    let mut trouble = None;
    let mut again = None;
    loop {
        let deadline = again.map_or(began + timeout, |again: Instant| again.min(began + timeout));
        let session = tokio::select! {
            biased;
            stopped = stop.wait_for(Option::is_some) => {
                let stop = stopped.ok().and_then(|stop| *stop);
                return Ok(End::Stopped(stop.unwrap_or(Stop::Terminate)));
            }
            () = sleep_until(deadline) => match &last {
                Some((_, session)) if Instant::now() < began + timeout => session.clone(),
                _ => {
                    if let Some(trouble) = trouble.filter(|_| last.is_none()) {
                        bail!("session {name} cannot be watched: {trouble}");
                    }
                    return Ok(End::TimedOut(last));
                }
            },
            version = versions.next() => match version {
                Some(Ok(Some(session))) => Box::new(session),
                Some(Ok(None)) if last.is_some() => bail!("session {name} in namespace {} is gone", cluster.namespace),
                Some(Ok(None)) => bail!("there is no session {name} in namespace {}", cluster.namespace),
                Some(Err(error)) => {
                    let line = refused(error, last.is_none())?;
                    if trouble.as_ref() != Some(&line) {
                        eprintln!("{:>4} s  the watch is interrupted: {line}", began.elapsed().as_secs());
                    }
                    trouble = Some(line);
                    continue;
                }
                None => bail!("the watch of session {name} has ended"),
            },
        };
        let so_far = match waiter.observe(&session, began.elapsed()) {
            Step::Done(judgement) => return Ok(End::Judged(judgement, session)),
            Step::Wait { so_far, until } => {
                again = until.map(|until| began + until);
                so_far
            }
        };
        // Between its creation and the operator's first look there is nothing to be said of a session.
        let is_unseen = so_far.reason == NOT_OBSERVED;
        if !is_unseen && last.as_ref().is_none_or(|(before, _)| before != &so_far) {
            eprintln!("{:>4} s  {}: {}", began.elapsed().as_secs(), so_far.reason, so_far.message);
        }
        last = Some((so_far, session));
    }
}

/// What a watch that goes on by itself complains of.
///
/// # Errors
/// Where it has never begun and trying again does not help.
fn refused(error: watcher::Error, is_first: bool) -> Result<String> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
            if is_first && [401, 403, 404].contains(&status.code) =>
        {
            Err(explained(unknown(kube::Error::Api(status))).context("sessions cannot be watched"))
        }
        error => Ok(watch_explained(error).to_string()),
    }
}
