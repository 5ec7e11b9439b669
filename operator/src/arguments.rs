//! The command line: what each flag may be, and what follows from those that are left out.

mod pod_defaults;
mod values;
mod wait;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Parser, Subcommand};
use crds::PullPolicy;
use process::{Exit, LogFormat, arguments};

use crate::certificates;
use crate::cluster::Scope;
use crate::http::HttpAccess;
use crate::lease;
use crate::settings::{PodDefaults, Settings};

/// Where a pod finds its namespace.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The lease's duration: a shorter one is lost whenever the API server takes a moment, a longer one is long to wait for.
const LEASE_DURATION: RangeInclusive<Duration> = Duration::from_secs(3)..=Duration::from_secs(300);

/// The operator's Service, unless it has another name.
const SERVICE: &str = "ballsession-operator";

/// The port of [`SERVICE`] that takes reports, and that of reports without encryption.
const REPORT_PORT: u16 = 8443;
const PLAIN_REPORT_PORT: u16 = 8080;

/// The Secret that the manifests bring, unless it has another name.
const SECRET: &str = "ballsession-operator-reports";

/// Runs the sessions that `BallSession` objects ask for, and shows in their status what they report.
#[derive(Debug, Parser)]
#[command(name = "ballsession-operator", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where /healthz, /readyz, /status, /metrics and verdicts are served
    #[arg(long, env = "BALLSESSION_HTTP", value_name = "IP:PORT", default_value = "[::]:8081", value_parser = arguments::address)]
    http: SocketAddr,
    /// Who has to show a token for what --http serves beside health: token: everybody; local: all but who connects from the
    /// pod itself, as kubectl port-forward does; open: nobody
    #[arg(long, env = "BALLSESSION_HTTP_ACCESS", value_name = "token|local|open", default_value = "local", value_parser = values::http_access)]
    http_access: HttpAccess,
    /// Where pods post their reports, over TLS
    #[arg(long, env = "BALLSESSION_REPORTS", value_name = "IP:PORT", default_value = "[::]:8443", value_parser = arguments::address)]
    reports: SocketAddr,
    /// Where pods of the version before post them, without encryption; off: nowhere
    #[arg(long, env = "BALLSESSION_PLAIN_REPORTS", value_name = "IP:PORT|off", default_value = "[::]:8080", value_parser = values::address_or_off)]
    plain_reports: values::Switchable,
    /// The Secret in --namespace that keeps the keys of --reports; it has to be there, and may be empty
    #[arg(long, env = "BALLSESSION_REPORT_SECRET", value_name = "NAME", default_value = SECRET, value_parser = values::subdomain)]
    report_secret: String,
    /// The namespace whose sessions are run; all: those of every namespace
    #[arg(long, env = "BALLSESSION_WATCH_NAMESPACE", value_name = "NAME|all", default_value = "all", value_parser = values::watched_namespace)]
    watch_namespace: Scope,
    /// The server's image, unless a session has its own
    #[arg(long, env = "BALLSESSION_SERVER_IMAGE", value_name = "IMAGE", default_value = concat!("ballsession-server:", env!("CARGO_PKG_VERSION")), value_parser = values::image)]
    server_image: String,
    /// The clients' image, unless a session has its own
    #[arg(long, env = "BALLSESSION_CLIENT_IMAGE", value_name = "IMAGE", default_value = concat!("ballsession-client:", env!("CARGO_PKG_VERSION")), value_parser = values::image)]
    client_image: String,
    /// When images are pulled, unless a session says otherwise: Always, IfNotPresent or Never [default: up to Kubernetes]
    #[arg(long, env = "BALLSESSION_IMAGE_PULL_POLICY", value_name = "POLICY", value_parser = values::pull_policy)]
    image_pull_policy: Option<PullPolicy>,
    /// The architectures that these images are for, as in amd64,arm64; any: whatever a node has [default: this program's]
    #[arg(long, env = "BALLSESSION_ARCHITECTURES", value_name = "LIST|any", default_value = "", hide_default_value = true, value_parser = values::architectures)]
    architectures: values::Architectures,
    /// What session pods have unless their session says otherwise: YAML with all, server and client, each with fields as in
    /// spec.server. Read once; not there in an empty folder: nothing
    #[arg(long, env = "BALLSESSION_POD_DEFAULTS", value_name = "FILE")]
    pod_defaults: Option<PathBuf>,
    /// The operator's Service in --namespace, which leads to the replica that takes reports
    #[arg(long, env = "BALLSESSION_SERVICE", value_name = "NAME", default_value = SERVICE, value_parser = values::label)]
    service: String,
    /// Where pods find --reports [default: --service in --namespace]
    #[arg(long, env = "BALLSESSION_REPORT_URL", value_name = "URL", value_parser = values::report_url)]
    report_url: Option<String>,
    /// The operator's own namespace, that of its lease and its Service [default: in a pod, the pod's]
    #[arg(long, env = "BALLSESSION_NAMESPACE", value_name = "NAME", value_parser = values::label)]
    namespace: Option<String>,
    /// The operator's pod, its name in the lease and in events
    #[arg(long, env = "BALLSESSION_POD_NAME", value_name = "NAME", default_value = "ballsession-operator", value_parser = values::subdomain)]
    pod_name: String,
    /// The UID of that pod: a process that is started in it again takes its predecessor's lease at once
    #[arg(long, env = "BALLSESSION_POD_UID", value_name = "UID", value_parser = values::uid)]
    pod_uid: Option<String>,
    /// The lease that the operator holds while it writes
    #[arg(long, env = "BALLSESSION_LEASE_NAME", value_name = "NAME", default_value = "ballsession-operator", value_parser = values::lease)]
    lease_name: String,
    /// After how long another replica takes over where the one that writes falls silent
    #[arg(long, env = "BALLSESSION_LEASE_DURATION", value_name = "DURATION", default_value = "15s", value_parser = arguments::duration_within(*LEASE_DURATION.start(), *LEASE_DURATION.end()))]
    lease_duration: Duration,
    /// How many sessions are worked on at a time
    #[arg(long, env = "BALLSESSION_CONCURRENCY", value_name = "N", default_value = "16", value_parser = arguments::whole_number(1, 256))]
    concurrency: u32,
    /// How logs are written: text or json
    #[arg(long, env = "BALLSESSION_LOG_FORMAT", value_name = "FORMAT", default_value = "text", value_parser = values::log_format)]
    log_format: LogFormat,
    /// Logs every step
    #[arg(short, long, env = "BALLSESSION_VERBOSE", value_parser = BoolishValueParser::new())]
    verbose: bool,
}

/// What it does instead of running sessions.
#[derive(Debug, Subcommand)]
enum Command {
    /// Waits for the verdict of a session's run: 0 where its objectives are met, 3 where they are not, else 1
    Wait(wait::Arguments),
}

/// What the process was asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Invocation {
    /// To run sessions.
    Run(Box<Options>),
    /// To wait for the verdict of one.
    Wait(crate::wait::Options),
}

/// How the operator was asked to run sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where health, status and metrics are served.
    pub http: SocketAddr,
    /// Who has to show a token there.
    pub http_access: HttpAccess,
    /// Where reports are taken.
    pub reports: SocketAddr,
    /// Where they are taken without encryption, if anywhere.
    pub plain_reports: Option<SocketAddr>,
    /// The Secret that keeps the keys of the former.
    pub report_secret: String,
    /// What the operator proves to be there.
    pub report_names: Vec<String>,
    /// Which sessions are run.
    pub watched: Scope,
    /// What pods are made with; the operator's own namespace is among it.
    pub settings: Settings,
    /// The operator's pod.
    pub pod_name: String,
    /// Its UID, which says that no other process is there.
    pub pod_uid: Option<String>,
    /// The lease that is held while the operator writes.
    pub lease_name: String,
    /// After how long others take it.
    pub lease_duration: Duration,
    /// Sessions that are worked on at a time.
    pub concurrency: u16,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Logs every step.
    pub verbose: bool,
}

/// The process's command line and environment.
///
/// # Errors
/// How to exit; the problem is on stderr already.
pub fn parse() -> Result<Invocation, Exit> {
    let mut arguments: Arguments = arguments::parse()?;
    if let Some(Command::Wait(wait)) = arguments.command.take() {
        return Ok(Invocation::Wait(wait.into()));
    }
    let namespace = std::fs::read_to_string(NAMESPACE_FILE).ok();
    let defaults =
        arguments.pod_defaults.as_deref().map_or_else(|| Ok(PodDefaults::default()), pod_defaults::read);
    let resolved = defaults.and_then(|defaults| arguments.resolve(namespace.as_deref(), defaults));
    resolved.map(|options| Invocation::Run(Box::new(options))).map_err(|problem| {
        eprintln!("error: {problem}");
        Exit::Usage
    })
}

impl Arguments {
    /// `pods_namespace` is that of the pod, where there is one.
    fn resolve(self, pods_namespace: Option<&str>, pod_defaults: PodDefaults) -> Result<Options, String> {
        let own = self.namespace.as_deref().or(pods_namespace.map(str::trim)).ok_or_else(|| {
            format!("--namespace is missing: outside of a pod, without {NAMESPACE_FILE}, it must be given")
        })?;
        let service = &self.service;
        let report_url = self
            .report_url
            .unwrap_or_else(|| format!("https://{service}.{own}.svc:{REPORT_PORT}/v1/reports"));
        Ok(Options {
            http: self.http,
            http_access: self.http_access,
            reports: self.reports,
            plain_reports: self.plain_reports.0,
            report_secret: self.report_secret,
            report_names: certificates::names(service, own, &report_url),
            watched: self.watch_namespace,
            settings: Settings {
                server_image: self.server_image,
                client_image: self.client_image,
                image_pull_policy: self.image_pull_policy,
                architectures: self.architectures.0,
                pod_defaults,
                report_url,
                plain_report_url: format!("http://{service}.{own}.svc:{PLAIN_REPORT_PORT}/v1/reports"),
                operator_namespace: own.to_owned(),
            },
            pod_name: self.pod_name,
            pod_uid: self.pod_uid,
            lease_name: self.lease_name,
            lease_duration: self.lease_duration,
            // Its range is checked by the parser.
            concurrency: u16::try_from(self.concurrency).unwrap_or(u16::MAX),
            log_format: self.log_format,
            verbose: self.verbose,
        })
    }
}

impl Options {
    /// What to log unless `RUST_LOG` says otherwise. The client of the API logs each failure that it also returns, and those
    /// are logged here, once: of its own only what it finds out about certificates is new.
    pub fn log_filter(&self) -> String {
        let own = if self.verbose { "info,ballsession_operator=debug" } else { "info" };
        format!("{own},kube_client::client=off,kube_client::client::tls=warn,kube_runtime::watcher=off")
    }

    /// The lease to hold. `random` distinguishes this process from one before it in the same pod.
    pub fn lease(&self, random: u32) -> lease::Settings {
        let predecessors = self.pod_uid.as_ref().map(|uid| format!("{}_{uid}_", self.pod_name));
        let begin = predecessors.clone().unwrap_or_else(|| format!("{}_", self.pod_name));
        lease::Settings {
            namespace: self.settings.operator_namespace.clone(),
            name: self.lease_name.clone(),
            identity: format!("{begin}{random:08x}"),
            predecessors,
            timing: lease::Timing::of(self.lease_duration),
        }
    }
}

#[cfg(test)]
mod tests;
