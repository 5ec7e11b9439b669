//! The operator's life: it contends for its lease, works while it holds it, and leaves in good order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kube::{Client, Config};
use process::{Exit, Stop};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::arguments::Options;
use crate::cluster::{self, Watches};
use crate::controller::{self, Pace};
use crate::http::{self, LastReport, Need, Overview};
use crate::lease::{self, Lease};
use crate::reports::{self, Reports};

/// Longer than any watch is quiet: the API server ends each of them sooner.
const READ_TIMEOUT: Duration = Duration::from_secs(330);

/// How long work under way may take after the end was asked for. Kubernetes grants 30 s for all.
const DRAIN_LIMIT: Duration = Duration::from_secs(15);

/// Runs the operator until it is asked to end.
///
/// # Errors
/// Where it cannot run, or may not any more because another one has its lease.
pub fn run(options: Options) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = runtime.block_on(operator(options));
    // Nothing is waited for that was not drained in time.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

async fn operator(options: Options) -> anyhow::Result<Exit> {
    let signals = process::stop_signals()?;
    let client = client().await?;
    let mut registry = Registry::with_prefix("ballsession_operator");
    let lease_metrics = lease::Metrics::register(&mut registry);
    let report_metrics = reports::Metrics::register(&mut registry);
    let controller_metrics = controller::metrics::Metrics::register(&mut registry);

    let lease = Arc::new(Lease::contend(client.clone(), options.lease(fastrand::u32(..)), lease_metrics));
    let (watches, stores) = cluster::watch(&client, &options.watched);
    let reports = Reports::new(client.clone(), stores.sessions.clone(), stores.pods, report_metrics);
    let needs: Vec<Need> = vec![
        Box::new({
            let sync = watches.first_sync();
            move || sync.waiting()
        }),
        Box::new({
            let lease = Arc::clone(&lease);
            move || lease.waiting_for(Instant::now())
        }),
    ];
    let last_report: LastReport = Box::new({
        let reports = Arc::clone(&reports);
        move |session| reports.last_report(session)
    });
    let overview = Overview::new(needs, stores.sessions, last_report, registry);
    // Serves until it is dropped, at the very end.
    let _http = http::serve(options.http, overview).await?;

    let work = Work {
        listener_address: options.reports,
        reports: Arc::clone(&reports),
        controller: controller::Context {
            client,
            settings: options.settings,
            reports,
            metrics: controller_metrics,
            pace: Pace { concurrency: options.concurrency, ..Pace::default() },
        },
        watches,
    };
    let outcome = hold(&lease, signals, work).await;
    lease.release().await;
    outcome.map(|()| Exit::Done)
}

async fn client() -> anyhow::Result<Client> {
    let mut config =
        Config::infer().await.context("no API server: neither a pod's service account nor a kubeconfig")?;
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    Ok(Client::try_from(config)?)
}

/// What is done while the lease is held.
struct Work {
    listener_address: std::net::SocketAddr,
    reports: Arc<Reports>,
    controller: controller::Context,
    watches: Watches,
}

/// Waits for the lease, and works until the end is asked for.
async fn hold(lease: &Lease, mut signals: watch::Receiver<Option<Stop>>, work: Work) -> anyhow::Result<()> {
    tokio::select! {
        held = lease.held() => held?,
        _ = signals.wait_for(Option::is_some) => return Ok(()),
    }
    let address = work.listener_address;
    let listener = address::listen(address).and_then(TcpListener::from_std);
    let listener = listener.with_context(|| format!("cannot take reports on {address}"))?;
    tracing::info!(%address, "lease held; taking reports and reconciling sessions");

    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    parts.spawn(reports::serve(listener, Arc::clone(&work.reports), stop.clone()));
    parts.spawn(reports::write(work.reports, stop.clone()));
    parts.spawn(controller::run(work.controller, work.watches, stop.clone()));
    tokio::select! {
        _ = signals.wait_for(Option::is_some) => {}
        // Somebody else writes now: what is under way must not.
        lost = lease.lost() => return Err(lost.into()),
        ended = parts.join_next() => return Err(ended_by_itself(ended)),
    }
    stop.cancel();
    let drained = timeout(DRAIN_LIMIT, async { while parts.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(after = ?DRAIN_LIMIT, "ending with work under way");
    }
    Ok(())
}

/// None of the parts ends unless it is stopped.
fn ended_by_itself(ended: Option<Result<(), tokio::task::JoinError>>) -> anyhow::Error {
    match ended {
        Some(Err(error)) => anyhow::Error::from(error).context("a part of the operator failed"),
        _ => anyhow::anyhow!("a part of the operator ended by itself"),
    }
}
