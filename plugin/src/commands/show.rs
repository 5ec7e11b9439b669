//! `status` and `report`: what sessions say now. Nothing is waited for.

use anyhow::Result;

use crate::cluster::{self, Cluster};
use crate::commands::current::confirmed;
use crate::commands::output::print;
use crate::exit::Exit;
use crate::session::judge;
use crate::session_report::{self, Format, Report, render, report_judged};

/// All sessions, a line each.
pub(super) async fn list(cluster: &Cluster, all_namespaces: bool) -> Result<Exit> {
    let sessions = cluster::list(cluster, all_namespaces).await?;
    if sessions.is_empty() {
        let place =
            if all_namespaces { "any namespace".into() } else { format!("namespace {}", cluster.namespace) };
        eprintln!("there are no sessions in {place}");
    } else {
        print(&session_report::list(&sessions, all_namespaces))?;
    }
    Ok(Exit::Done)
}

/// What a session says of itself; the exit code is that of its verdict.
pub(super) async fn status(cluster: &Cluster, name: &str) -> Result<Exit> {
    let report = reported(cluster, name).await?;
    print(&session_report::status(&report))?;
    Ok(report.outcome.into())
}

/// A session's numbers; the exit code is that of its verdict.
pub(super) async fn report(cluster: &Cluster, name: &str, format: Format) -> Result<Exit> {
    let report = reported(cluster, name).await?;
    print(&render(&report, format)?)?;
    Ok(report.outcome.into())
}

async fn reported(cluster: &Cluster, name: &str) -> Result<Report> {
    let session = cluster::get(cluster, name).await?;
    let judgement = confirmed(cluster, judge(&session)).await;
    Ok(report_judged(&session, judgement))
}
