//! `gather`: reads what there is of a session, and writes it into one archive.

use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Event, Node, Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::Api;

use crate::cluster::{self, Cluster, OPERATOR_SELECTOR, listed, of_namespace, selector};
use crate::commands::doctor::examine;
use crate::commands::gathered::{Gathered, yaml};
use crate::commands::output::print;
use crate::doctor::lines;
use crate::exit::Exit;
use crate::gather::{Archive, text};
use crate::session_report::{Format, render, report};

/// Writes the archive, and says where it is and what is missing in it.
pub(super) async fn gather(
    cluster: &Cluster,
    name: &str,
    output: Option<PathBuf>,
    operator_namespace: &str,
) -> Result<Exit> {
    let session = cluster::get(cluster, name).await?;
    let folder = format!("ballsession-{name}");
    let file = output.unwrap_or_else(|| PathBuf::from(format!("{folder}.tar.gz")));
    let now = Timestamp::now();
    let mut gathered = Gathered {
        archive: Archive::new(&folder, u64::try_from(now.as_second()).unwrap_or_default()),
        missing: Vec::new(),
    };
    gathered.add("session.yaml", &yaml(&session)?)?;
    let report = report(&session);
    gathered.add("report.txt", &text(&render(&report, Format::Table)?))?;
    gathered.add("report.json", &text(&render(&report, Format::Json)?))?;
    gathered.add("doctor.txt", &text(&lines(&examine(cluster, operator_namespace).await)))?;
    of_session(&mut gathered, cluster, name).await?;
    of_operator(&mut gathered, cluster, operator_namespace).await?;
    let nodes: Api<Node> = Api::all(cluster.client.clone());
    gathered.objects("nodes.yaml", listed(&nodes, "").await)?;

    let missing = gathered.missing.clone();
    gathered.add("missing.txt", &missing.iter().map(|line| format!("{line}\n")).collect::<String>())?;
    let bytes = gathered.archive.finish().context("cannot pack the archive")?;
    std::fs::write(&file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    for line in &missing {
        eprintln!("missing: {line}");
    }
    let size = bytes.len() / 1000;
    print(&format!("{}: {size} kB, without Secrets, tokens and values of variables\n", file.display()))?;
    Ok(Exit::Done)
}

async fn of_session(gathered: &mut Gathered, cluster: &Cluster, name: &str) -> Result<()> {
    let selected = selector(name, None);
    let pods = of_namespace::<Pod>(cluster, &selected).await;
    let for_logs = pods.as_ref().map(|pods| pods.items.clone()).unwrap_or_default();
    gathered.objects("pods.yaml", pods)?;
    gathered.objects("deployments.yaml", of_namespace::<Deployment>(cluster, &selected).await)?;
    gathered.objects("replicasets.yaml", of_namespace::<ReplicaSet>(cluster, &selected).await)?;
    gathered.objects("services.yaml", of_namespace::<Service>(cluster, &selected).await)?;
    // All of them: what is in the way need not carry the session's labels.
    gathered.objects("networkpolicies.yaml", of_namespace::<NetworkPolicy>(cluster, "").await)?;
    let events = of_namespace::<Event>(cluster, "").await.map(|mut events| {
        events
            .items
            .retain(|event| is_about(event.involved_object.name.as_deref().unwrap_or_default(), name));
        events
    });
    gathered.objects("events.yaml", events)?;
    gathered.logs("logs", cluster, &for_logs).await
}

async fn of_operator(gathered: &mut Gathered, cluster: &Cluster, operator_namespace: &str) -> Result<()> {
    let everywhere: Api<Pod> = Api::all(cluster.client.clone());
    let pods = match listed(&everywhere, OPERATOR_SELECTOR).await {
        Ok(list) => Ok(list),
        // Who may not list those of all namespaces may do so in one.
        Err(_) => {
            let there = Cluster { namespace: operator_namespace.to_owned(), ..cluster.clone() };
            of_namespace::<Pod>(&there, OPERATOR_SELECTOR).await
        }
    };
    let for_logs = pods.as_ref().map(|pods| pods.items.clone()).unwrap_or_default();
    gathered.objects("operator/pods.yaml", pods)?;
    gathered.logs("operator/logs", cluster, &for_logs).await
}

/// Whether an event is about the session or a part of it.
fn is_about(object: &str, session: &str) -> bool {
    let part = object.strip_prefix(session).and_then(|rest| rest.strip_prefix('-'));
    let parts = ["server", "client", "workload", "report-ca"];
    object == session || part.is_some_and(|part| parts.iter().any(|name| part.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_other_sessions_stay_out() {
        for object in ["demo", "demo-server", "demo-server-7d9f-x", "demo-client-0-abc"] {
            assert!(is_about(object, "demo"), "{object}");
        }
        for object in ["demo-2", "demo-2-server", "ademo", "demo-x-client-0"] {
            assert!(!is_about(object, "demo"), "{object}");
        }
    }
}
