//! `run`: a session from its creation to its removal.

use std::time::Duration;

use anyhow::{Context, Result};
use crds::BallSession;
use kube::ResourceExt;
use process::Stop;
use tokio::sync::watch::Receiver;

use crate::arguments::RunArguments;
use crate::cluster::{self, Cluster};
use crate::commands::current::confirmed;
use crate::commands::follow::{End, follow};
use crate::commands::output::print;
use crate::commands::wait::timed_out;
use crate::exit::Exit;
use crate::session::{Goal, Outcome, Waiter};
use crate::session_report::{Format, Report, render, report_judged};

/// Creates a session, waits for its verdict, prints its numbers, and removes it whatever came of it.
pub(super) async fn run(cluster: &Cluster, arguments: &RunArguments) -> Result<Exit> {
    // From before the session exists: it is removed whenever the signal comes.
    let mut stop = process::stop_signals().context("cannot watch for signals")?;
    let session = cluster::create(cluster, arguments.request().resource()).await?;
    let name = session.name_any();
    eprintln!("session {name} is created in namespace {}", cluster.namespace);
    let result = until_judged(cluster, &session, arguments, &mut stop).await;
    if arguments.keep {
        eprintln!("session {name} stays: kubectl -n {} delete ballsession {name}", cluster.namespace);
    } else if let Err(error) = cluster::delete(cluster, &session).await {
        eprintln!("warning: {error:#}");
    }
    result
}

async fn until_judged(
    cluster: &Cluster,
    session: &BallSession,
    arguments: &RunArguments,
    stop: &mut Receiver<Option<Stop>>,
) -> Result<Exit> {
    let waiter = Waiter::new(Goal::Verdict, arguments.patience);
    let timeout: Duration = arguments.timeout();
    Ok(match follow(cluster, &session.name_any(), waiter, timeout, stop).await? {
        End::Judged(judgement, session) => {
            let report = report_judged(&session, confirmed(cluster, judgement).await);
            show(&report, arguments.output)?;
            report.outcome.into()
        }
        End::TimedOut(last) => {
            let line = timed_out(timeout, last.as_ref().map(|(judgement, _)| judgement));
            if let Some((judgement, session)) = last {
                print(&render(&report_judged(&session, judgement), arguments.output)?)?;
            }
            eprintln!("{line}");
            Exit::TimedOut
        }
        End::Stopped(stop) => Exit::Stopped(stop),
    })
}

/// The numbers on stdout, and on stderr what there is instead of a verdict.
fn show(report: &Report, format: Format) -> Result<()> {
    print(&render(report, format)?)?;
    if report.outcome == Outcome::NotMeasurable {
        eprintln!("not measurable: {}: {}", report.reason, report.message);
    }
    Ok(())
}
