//! The command line: what each flag may be, and what follows from those that are left out.

use std::net::SocketAddr;
use std::path::Path;

use clap::Parser;
use clap::builder::BoolishValueParser;
use crds::PullPolicy;
use http::Uri;
use process::{Exit, LogFormat, arguments};

use crate::controller::settings::Settings;
use crate::lease;

/// Where a pod finds its namespace.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The operator's Service, which leads to the one replica that holds the lease.
const SERVICE: &str = "ballsession-operator";

/// The port of [`SERVICE`] that takes reports.
const REPORT_PORT: u16 = 8080;

/// Runs the sessions that `BallSession` objects ask for, and shows in their status what they report.
#[derive(Debug, Parser)]
#[command(name = "ballsession-operator", version)]
struct Arguments {
    /// Where /healthz, /readyz, /status and /metrics are served
    #[arg(long, env = "BALLSESSION_HTTP", value_name = "IP:PORT", default_value = "0.0.0.0:8081", value_parser = arguments::address)]
    http: SocketAddr,
    /// Where pods post their reports
    #[arg(long, env = "BALLSESSION_REPORTS", value_name = "IP:PORT", default_value = "0.0.0.0:8080", value_parser = arguments::address)]
    reports: SocketAddr,
    /// The namespace whose sessions are run; all: those of every namespace
    #[arg(long, env = "BALLSESSION_WATCH_NAMESPACE", value_name = "NAME|all", default_value = "all", value_parser = watched_namespace)]
    watch_namespace: Watched,
    /// The server's image, unless a session has its own
    #[arg(long, env = "BALLSESSION_SERVER_IMAGE", value_name = "IMAGE", default_value = concat!("ballsession-server:", env!("CARGO_PKG_VERSION")), value_parser = image)]
    server_image: String,
    /// The clients' image, unless a session has its own
    #[arg(long, env = "BALLSESSION_CLIENT_IMAGE", value_name = "IMAGE", default_value = concat!("ballsession-client:", env!("CARGO_PKG_VERSION")), value_parser = image)]
    client_image: String,
    /// When images are pulled, unless a session says otherwise: Always, IfNotPresent or Never [default: up to Kubernetes]
    #[arg(long, env = "BALLSESSION_IMAGE_PULL_POLICY", value_name = "POLICY", value_parser = pull_policy)]
    image_pull_policy: Option<PullPolicy>,
    /// Where pods find --reports [default: the Service ballsession-operator in --namespace]
    #[arg(long, env = "BALLSESSION_REPORT_URL", value_name = "URL", value_parser = report_url)]
    report_url: Option<String>,
    /// The operator's own namespace, that of its lease and its Service [default: in a pod, the pod's]
    #[arg(long, env = "BALLSESSION_NAMESPACE", value_name = "NAME", value_parser = label)]
    namespace: Option<String>,
    /// The operator's name in the lease and in events
    #[arg(long, env = "BALLSESSION_POD_NAME", value_name = "NAME", default_value = "ballsession-operator", value_parser = subdomain)]
    pod_name: String,
    /// The lease that the operator holds while it writes
    #[arg(long, env = "BALLSESSION_LEASE_NAME", value_name = "NAME", default_value = "ballsession-operator", value_parser = subdomain)]
    lease_name: String,
    /// How many sessions are worked on at a time
    #[arg(long, env = "BALLSESSION_CONCURRENCY", value_name = "N", default_value = "16", value_parser = arguments::whole_number(1, 256))]
    concurrency: u32,
    /// How logs are written: text or json
    #[arg(long, env = "BALLSESSION_LOG_FORMAT", value_name = "FORMAT", default_value = "text", value_parser = log_format)]
    log_format: LogFormat,
    /// Logs every step
    #[arg(short, long, env = "BALLSESSION_VERBOSE", value_parser = BoolishValueParser::new())]
    verbose: bool,
}

/// Which sessions are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// Those of every namespace.
    All,
    /// Those of one.
    Namespace(String),
}

/// What the operator was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where health, status and metrics are served.
    pub http: SocketAddr,
    /// Where reports are taken.
    pub reports: SocketAddr,
    /// Which sessions are run.
    pub watched: Watched,
    /// What pods are made with; the operator's own namespace is among it.
    pub settings: Settings,
    /// The operator's name in events.
    pub pod_name: String,
    /// The lease that is held while the operator writes.
    pub lease_name: String,
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
/// How to exit; what there is to say was said.
pub fn parse() -> Result<Options, Exit> {
    let arguments: Arguments = arguments::parse()?;
    let namespace = std::fs::read_to_string(Path::new(NAMESPACE_FILE)).ok();
    arguments.resolve(namespace.as_deref()).map_err(|problem| {
        eprintln!("error: {problem}");
        Exit::Usage
    })
}

impl Arguments {
    /// `pods_namespace` is that of the pod, where there is one.
    fn resolve(self, pods_namespace: Option<&str>) -> Result<Options, String> {
        let own = self.namespace.as_deref().or(pods_namespace.map(str::trim)).ok_or_else(|| {
            format!("--namespace is missing: outside of a pod, without {NAMESPACE_FILE}, it must be given")
        })?;
        let report_url =
            self.report_url.unwrap_or_else(|| format!("http://{SERVICE}.{own}.svc:{REPORT_PORT}/v1/reports"));
        Ok(Options {
            http: self.http,
            reports: self.reports,
            watched: self.watch_namespace,
            settings: Settings {
                server_image: self.server_image,
                client_image: self.client_image,
                image_pull_policy: self.image_pull_policy,
                report_url,
                operator_namespace: own.to_owned(),
            },
            pod_name: self.pod_name,
            lease_name: self.lease_name,
            // Its range is checked by the parser.
            concurrency: u16::try_from(self.concurrency).unwrap_or(u16::MAX),
            log_format: self.log_format,
            verbose: self.verbose,
        })
    }
}

impl Options {
    /// What to log unless `RUST_LOG` says otherwise.
    pub fn log_filter(&self) -> &'static str {
        if self.verbose { "info,ballsession_operator=debug" } else { "info" }
    }

    /// The lease to hold. `random` tells this process from one before it in the same pod.
    pub fn lease(&self, random: u32) -> lease::Settings {
        lease::Settings {
            namespace: self.settings.operator_namespace.clone(),
            name: self.lease_name.clone(),
            identity: format!("{}_{random:08x}", self.pod_name),
            timing: lease::Timing::default(),
        }
    }
}

fn watched_namespace(text: &str) -> Result<Watched, String> {
    match text {
        "" | "all" => Ok(Watched::All),
        name => label(name).map(Watched::Namespace).map_err(|problem| format!("{problem}, or all")),
    }
}

fn pull_policy(text: &str) -> Result<PullPolicy, &'static str> {
    [PullPolicy::Always, PullPolicy::IfNotPresent, PullPolicy::Never]
        .into_iter()
        .find(|policy| policy.as_str() == text)
        .ok_or("must be Always, IfNotPresent or Never")
}

fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json"),
    }
}

/// Only what would make a pod invalid is refused: Kubernetes and the registry know the rest.
fn image(text: &str) -> Result<String, &'static str> {
    let valid = (1..=512).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if valid {
        Ok(text.into())
    } else {
        Err("must be an image, as in registry.example/ballsession-server:1.0")
    }
}

fn report_url(text: &str) -> Result<String, &'static str> {
    let url = text.parse::<Uri>().ok();
    let valid = url.is_some_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    });
    if valid { Ok(text.into()) } else { Err("must be a URL, as in http://operator.example:8080/v1/reports") }
}

fn label(text: &str) -> Result<String, &'static str> {
    let valid = text.len() <= 63 && is_label(text);
    if valid {
        Ok(text.into())
    } else {
        Err("must be a namespace: 1 to 63 of a-z, 0-9 and -, not - at an end")
    }
}

fn subdomain(text: &str) -> Result<String, &'static str> {
    let valid = text.len() <= 253 && text.split('.').all(is_label);
    if valid {
        Ok(text.into())
    } else {
        Err("must be a name: 1 to 253 of a-z, 0-9, - and ., not - or . at an end")
    }
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(arguments: &[&str], pods_namespace: Option<&str>) -> Result<Options, String> {
        let arguments = [&["ballsession-operator"], arguments].concat();
        let parsed = Arguments::try_parse_from(arguments).map_err(|error| error.to_string())?;
        parsed.resolve(pods_namespace)
    }

    #[test]
    fn in_a_pod_nothing_has_to_be_given() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            resolve(&[], Some("tower\n")).unwrap(),
            Options {
                http: "0.0.0.0:8081".parse().unwrap(),
                reports: "0.0.0.0:8080".parse().unwrap(),
                watched: Watched::All,
                settings: Settings {
                    server_image: format!("ballsession-server:{version}"),
                    client_image: format!("ballsession-client:{version}"),
                    image_pull_policy: None,
                    report_url: "http://ballsession-operator.tower.svc:8080/v1/reports".into(),
                    operator_namespace: "tower".into(),
                },
                pod_name: "ballsession-operator".into(),
                lease_name: "ballsession-operator".into(),
                concurrency: 16,
                log_format: LogFormat::Text,
                verbose: false,
            }
        );
    }

    #[test]
    fn what_is_given_wins() {
        let given = resolve(
            &[
                "--namespace",
                "here",
                "--watch-namespace",
                "media",
                "--report-url",
                "https://r.example/v1/reports",
            ],
            Some("tower"),
        )
        .unwrap();
        assert_eq!(given.watched, Watched::Namespace("media".into()));
        assert_eq!(given.settings.operator_namespace, "here");
        assert_eq!(given.settings.report_url, "https://r.example/v1/reports");
        let given =
            resolve(&["--image-pull-policy", "Never", "--log-format", "json"], Some("tower")).unwrap();
        assert_eq!(given.settings.image_pull_policy, Some(PullPolicy::Never));
        assert_eq!(given.log_format, LogFormat::Json);
    }

    #[test]
    fn all_namespaces_have_two_spellings() {
        for all in ["all", ""] {
            assert_eq!(resolve(&["--watch-namespace", all], Some("tower")).unwrap().watched, Watched::All);
        }
    }

    #[test]
    fn outside_of_a_pod_the_namespace_must_be_given() {
        let problem = resolve(&[], None).unwrap_err();
        assert!(problem.starts_with("--namespace is missing"), "{problem}");
    }

    #[test]
    fn a_refusal_says_what_is_allowed() {
        for (flag, value, allowed) in [
            (
                "--watch-namespace",
                "Media",
                "must be a namespace: 1 to 63 of a-z, 0-9 and -, not - at an end, or all",
            ),
            ("--namespace", "a.b", "must be a namespace"),
            ("--namespace", "", "must be a namespace"),
            ("--lease-name", "-a", "must be a name"),
            ("--lease-name", "a..b", "must be a name"),
            ("--server-image", "my image:1", "must be an image"),
            ("--client-image", "", "must be an image"),
            ("--image-pull-policy", "never", "must be Always, IfNotPresent or Never"),
            ("--report-url", "operator:8080", "must be a URL"),
            ("--report-url", "ftp://operator/v1/reports", "must be a URL"),
            ("--log-format", "xml", "must be text or json"),
            ("--concurrency", "0", "must be a whole number from 1 to 256"),
            ("--http", "localhost:8081", "must be an IP address and a port"),
        ] {
            let refusal = resolve(&[&format!("{flag}={value}")], Some("tower")).unwrap_err();
            assert!(refusal.contains(flag) && refusal.contains(allowed), "{flag}={value}: {refusal}");
        }
    }

    #[test]
    fn every_flag_has_a_twin_in_the_environment() {
        let command = <Arguments as clap::CommandFactory>::command();
        for argument in command.get_arguments() {
            let Some(flag) = argument.get_long() else { continue };
            let twin = format!("BALLSESSION_{}", flag.replace('-', "_").to_uppercase());
            assert_eq!(argument.get_env(), Some(std::ffi::OsStr::new(&twin)), "--{flag}");
        }
    }

    #[test]
    fn the_manifests_fit() {
        let read = |yaml: &str| serde_saphyr::from_str::<serde_json::Value>(yaml).unwrap();
        let deployment = read(include_str!("../../deploy/base/deployment.yaml"));
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let args: Vec<_> =
            container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let given = resolve(&args, Some("tower")).unwrap();
        // The images that belong together have the version in common, and it is this one.
        let ours = resolve(&[], Some("tower")).unwrap();
        assert_eq!(given, ours);
        assert_eq!(container["image"], concat!("ballsession-operator:", env!("CARGO_PKG_VERSION")));

        let command = <Arguments as clap::CommandFactory>::command();
        for variable in container["env"].as_array().unwrap() {
            let name = variable["name"].as_str().map(std::ffi::OsStr::new);
            assert!(command.get_arguments().any(|argument| argument.get_env() == name), "{variable}");
        }

        let service = read(include_str!("../../deploy/base/service.yaml"));
        let port = &service["spec"]["ports"][0];
        assert_eq!(
            (&service["metadata"]["name"], &port["name"], &port["port"]),
            (&SERVICE.into(), &"reports".into(), &REPORT_PORT.into())
        );
        for (name, address) in [("reports", ours.reports), ("http", ours.http)] {
            let mut ports = container["ports"].as_array().unwrap().iter();
            let port = ports.find(|port| port["name"] == name).unwrap();
            assert_eq!(port["containerPort"], address.port());
        }
    }

    #[test]
    fn no_two_processes_have_the_same_identity() {
        let options = resolve(&["--pod-name", "operator-7f-x"], Some("tower")).unwrap();
        assert_eq!(options.lease(0xbeef).identity, "operator-7f-x_0000beef");
        assert_ne!(options.lease(1).identity, options.lease(2).identity);
    }
}
