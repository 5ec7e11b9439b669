//! The operator's life: it stands by with all that it needs in memory, works while it holds its lease, and leaves in good
//! order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crds::contract::REPORT_SILENCE;
use kube::{Client, Config};
use process::{Exit, Stop};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::arguments::Options;
use crate::certificates::{self, Certificates, Keeper, Lagging};
use crate::cluster::{self, Watches};
use crate::controller::{self, Pace};
use crate::http::{self, Doubt, LastReport, Need, Overview, Standby};
use crate::lease::{self, LeaderLabel, Lease};
use crate::reports::{self, Endpoint, Reports};
use crate::settings::PodDefaults;

/// A connection is dead that does not answer for so long. Whoever asks waits less.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long work under way may take after the end was asked for: meanwhile nobody else can work.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

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
    log_pod_defaults(&options.settings.pod_defaults);
    let config = config().await?;
    let client = Client::try_from(config.clone())?;
    let mut registry = Registry::with_prefix("ballsession_operator");
    let lease_metrics = lease::Metrics::register(&mut registry);
    let report_metrics = reports::Metrics::register(&mut registry);
    let certificate_metrics = certificates::Metrics::register(&mut registry);
    let http_metrics = http::Metrics::register(&mut registry);
    let controller_metrics = controller::metrics::Metrics::register(&mut registry);

    let lease_settings = options.lease(fastrand::u32(..));
    let lease = Arc::new(Lease::contend(client.clone(), lease_settings.clone(), lease_metrics.clone()));
    // For all that is written.
    let fenced = lease::fenced_client(&config, lease.fence(), &lease_metrics)?;
    let label = LeaderLabel::new(fenced.clone(), &lease_settings, &options.pod_name);
    let watching = cluster::watching_client(config.clone())?;
    let (watches, stores) = cluster::watch(&watching, &options.watched);
    let keys = certificates::Store::new(
        client.clone(),
        fenced.clone(),
        &options.settings.operator_namespace,
        &options.report_secret,
    );
    let lagging = lagging(&watches);
    let keeper = Keeper::new(keys, options.report_names, lease.fence(), lagging, certificate_metrics);
    let certificates = keeper.certificates();
    let reports = Reports::new(fenced.clone(), lease.fence(), stores.clone(), report_metrics);
    let needs: Vec<Need> = vec![
        Box::new({
            let sync = watches.first_sync();
            move || sync.waiting()
        }),
        Box::new({
            let watches = watches.first_sync();
            move || watches.broken(Instant::now())
        }),
        Box::new({
            let lease = Arc::clone(&lease);
            move || lease.missing()
        }),
        Box::new({
            let label = Arc::clone(&label);
            move || label.missing()
        }),
        Box::new({
            let certificates = Arc::clone(&certificates);
            move || certificates.missing()
        }),
    ];
    registry.register_collector(Box::new(watches.metrics()));
    let standby: Standby = Box::new({
        let lease = Arc::clone(&lease);
        move || lease.waiting_for()
    });
    let last_report: LastReport = Box::new({
        let reports = Arc::clone(&reports);
        move |session| reports.last_report(session)
    });
    let doubt = doubt(Arc::clone(&lease), Arc::clone(&reports));
    let overview = Overview::new(needs, standby, stores.sessions, last_report, registry);
    // Serves until it is dropped, at the very end.
    let _http =
        http::serve(options.http, options.http_access, client.clone(), overview, doubt, http_metrics).await?;

    let tls = TlsAcceptor::from(certificates.server_config()?);
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    for endpoint in [Some((options.reports, Some(tls))), options.plain_reports.map(|plain| (plain, None))] {
        let Some((address, tls)) = endpoint else { continue };
        let endpoint = Endpoint { listener: listen(address)?, tls };
        parts.spawn(reports::serve(endpoint, Arc::clone(&reports), stop.clone()));
    }
    parts.spawn(keeper.run(stop.clone()));
    let work = Work {
        label,
        reports: Arc::clone(&reports),
        certificates: Arc::clone(&certificates),
        controller: controller::Context {
            client: fenced,
            settings: options.settings,
            reports,
            report_ca: certificates.bundle(),
            metrics: controller_metrics,
            pace: Pace { concurrency: options.concurrency, ..Pace::default() },
        },
        watches,
    };
    let outcome = lead(&lease, signals, work, &mut parts, &stop).await;
    // What is under way still has the lease.
    stop.cancel();
    let drained = timeout(DRAIN_LIMIT, async { while parts.join_next().await.is_some() {} }).await;
    if drained.is_ok() {
        lease.release().await;
    } else {
        // What was sent may still come through: a successor waits until the lease is over.
        tracing::warn!(after = ?DRAIN_LIMIT, "ending with work under way, and without releasing the lease");
        lease.fence().close();
        parts.abort_all();
    }
    outcome.map(|()| Exit::Done)
}

/// Shows what was found in the file, which may be missing.
fn log_pod_defaults(defaults: &PodDefaults) {
    let json = |settings| serde_json::to_string(settings).unwrap_or_default();
    match *defaults == PodDefaults::default() {
        true => tracing::info!("no defaults for session pods"),
        false => tracing::info!(
            server = json(&defaults.server),
            client = json(&defaults.client),
            "defaults for session pods"
        ),
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = address::listen(address).and_then(TcpListener::from_std);
    listener.with_context(|| format!("cannot take reports on {address}"))
}

/// Whether what is stored of a session is kept up to date: somebody leads, and if that is this process it hears of the session.
fn doubt(lease: Arc<Lease>, reports: Arc<Reports>) -> Doubt {
    Box::new(move |session| {
        lease.without_leader().or_else(|| {
            let silence = reports.silence(session);
            let is_silent = lease.fence().is_open() && silence >= REPORT_SILENCE;
            is_silent.then(|| format!("its server has not reported for {} s", silence.as_secs()))
        })
    })
}

/// Names a session that has not been given the newest authorities, as far as the watch shows.
fn lagging(watches: &Watches) -> Lagging {
    let (config_maps, first_sync) = (watches.config_maps(), watches.first_sync());
    Box::new(move |bundle| first_sync.waiting().or_else(|| certificates::lagging(&config_maps, bundle)))
}

async fn config() -> anyhow::Result<Config> {
    let mut config =
        Config::infer().await.context("no API server: neither a pod's service account nor a kubeconfig")?;
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    Ok(config)
}

/// What is done while the lease is held.
struct Work {
    label: Arc<LeaderLabel>,
    reports: Arc<Reports>,
    certificates: Arc<Certificates>,
    controller: controller::Context,
    watches: Watches,
}

impl Work {
    fn start(self, parts: &mut JoinSet<()>, stop: &CancellationToken) {
        let Self { label, reports, certificates, controller, watches } = self;
        certificates.lead();
        let labelled = {
            let reports = Arc::clone(&reports);
            move || reports.listen()
        };
        parts.spawn(label.keep(labelled, stop.clone()));
        parts.spawn(reports::follow_keys(Arc::clone(&reports), stop.clone()));
        parts.spawn(reports::write(reports, stop.clone()));
        parts.spawn(controller::run(controller, watches, stop.clone()));
    }
}

/// Stands by until the lease is held, and works until the end is asked for.
async fn lead(
    lease: &Lease,
    mut signals: watch::Receiver<Option<Stop>>,
    work: Work,
    parts: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    tokio::select! {
        held = lease.held() => held?,
        _ = signals.wait_for(Option::is_some) => return Ok(()),
        ended = parts.join_next() => return Err(ended_by_itself(ended)),
    }
    tracing::info!("lease held; taking reports and reconciling sessions");
    work.start(parts, stop);
    tokio::select! {
        _ = signals.wait_for(Option::is_some) => Ok(()),
        // Somebody else writes now: a new process begins with nothing that was meant to be written.
        lost = lease.lost() => Err(lost.into()),
        ended = parts.join_next() => Err(ended_by_itself(ended)),
    }
}

/// None of the parts ends unless it is stopped.
fn ended_by_itself(ended: Option<Result<(), tokio::task::JoinError>>) -> anyhow::Error {
    match ended {
        Some(Err(error)) => anyhow::Error::from(error).context("a part of the operator failed"),
        _ => anyhow::anyhow!("a part of the operator ended by itself"),
    }
}
