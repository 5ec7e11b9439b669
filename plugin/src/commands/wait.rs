//! `wait`: until the verdict of a session is known.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::cluster::Cluster;
use crate::commands::current::confirmed;
use crate::commands::follow::{End, follow};
use crate::commands::output::print;
use crate::exit::Exit;
use crate::session::{Goal, Judgement, Waiter};
use crate::session_report::{report_judged, verdict};

/// Waits; the last line is what came of it.
pub(super) async fn wait(
    cluster: &Cluster,
    name: &str,
    goal: Goal,
    timeout: Duration,
    patience: Option<Duration>,
) -> Result<Exit> {
    let mut stop = process::stop_signals().context("cannot watch for signals")?;
    let waiter = Waiter::new(goal, patience);
    Ok(match follow(cluster, name, waiter, timeout, &mut stop).await? {
        End::Judged(judgement, session) => {
            let report = report_judged(&session, confirmed(cluster, judgement).await);
            print(&format!("{name}: {}, {}: {}\n", verdict(&report), report.reason, report.message))?;
            report.outcome.into()
        }
        End::TimedOut(last) => {
            print(&format!(
                "{name}: {}\n",
                timed_out(timeout, last.map(|(judgement, _)| judgement).as_ref())
            ))?;
            Exit::TimedOut
        }
        End::Stopped(stop) => Exit::Stopped(stop),
    })
}

/// In words, with what was said last.
pub(super) fn timed_out(timeout: Duration, last: Option<&Judgement>) -> String {
    let last = last.map_or_else(
        || "the API server has not shown the session".to_owned(),
        |last| format!("{}: {}", last.reason, last.message),
    );
    format!("timed out after {timeout:?}, {last}")
}
