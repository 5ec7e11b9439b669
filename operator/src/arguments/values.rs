//! What the values of flags may be, for `value_parser`.

use std::net::SocketAddr;

use crds::PullPolicy;
use http::Uri;
use process::{LogFormat, arguments};

use crate::cluster::Scope;
use crate::http::HttpAccess;
use crate::kube_names::{is_dns_label, is_subdomain};

/// `all`, or one namespace. An empty text is `all`, as a variable that is not set is in many tools.
pub(super) fn watched_namespace(text: &str) -> Result<Scope, String> {
    match text {
        "" | "all" => Ok(Scope::All),
        name => label(name).map(Scope::Namespace).map_err(|problem| format!("{problem}, or all")),
    }
}

/// An address to listen on, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Switchable(pub(super) Option<SocketAddr>);

/// `off`, or an address to listen on.
pub(super) fn address_or_off(text: &str) -> Result<Switchable, String> {
    match text {
        "off" => Ok(Switchable(None)),
        text => arguments::address(text)
            .map(|address| Switchable(Some(address)))
            .map_err(|problem| format!("{problem}, or off")),
    }
}

/// Who has to show a token.
pub(super) fn http_access(text: &str) -> Result<HttpAccess, &'static str> {
    match text {
        "token" => Ok(HttpAccess::Token),
        "local" => Ok(HttpAccess::Local),
        "open" => Ok(HttpAccess::Open),
        _ => Err("must be token, local or open"),
    }
}

/// The name that a pod has for it.
pub(super) fn pull_policy(text: &str) -> Result<PullPolicy, &'static str> {
    [PullPolicy::Always, PullPolicy::IfNotPresent, PullPolicy::Never]
        .into_iter()
        .find(|policy| policy.as_str() == text)
        .ok_or("must be Always, IfNotPresent or Never")
}

/// The names that Kubernetes has for architectures: those of Go.
const ARCHITECTURES: [&str; 8] = ["386", "amd64", "arm", "arm64", "loong64", "ppc64le", "riscv64", "s390x"];

/// Architectures of nodes; none stands for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Architectures(pub(super) Vec<String>);

/// Those that images are for. An empty text is the architecture of this program: who built it built the images beside it.
pub(super) fn architectures(text: &str) -> Result<Architectures, String> {
    let own = || vec![own_architecture().to_owned()];
    let named: Vec<String> = match text {
        "" => own(),
        "any" => Vec::new(),
        list => list.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    match named.iter().all(|name| ARCHITECTURES.contains(&name.as_str())) {
        true => Ok(Architectures(named)),
        false => Err(format!("must be any, or a list of {}", ARCHITECTURES.join(", "))),
    }
}

/// What Kubernetes calls the architecture of this program.
fn own_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86" => "386",
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "loongarch64" => "loong64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

/// How logs are written.
pub(super) fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json"),
    }
}

/// Only what would make a pod invalid is refused: Kubernetes and the registry know the rest.
pub(super) fn image(text: &str) -> Result<String, &'static str> {
    let valid = (1..=512).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if valid {
        Ok(text.into())
    } else {
        Err("must be an image, as in registry.example/ballsession-server:1.0")
    }
}

/// Where pods post.
pub(super) fn report_url(text: &str) -> Result<String, &'static str> {
    let url = text.parse::<Uri>().ok();
    let valid = url.is_some_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    });
    if valid { Ok(text.into()) } else { Err("must be a URL, as in https://operator.example:8443/v1/reports") }
}

/// The name of a namespace, which is a DNS label.
pub(super) fn label(text: &str) -> Result<String, &'static str> {
    let refusal = "must be a namespace: 1 to 63 of a-z, 0-9 and -, not - at an end";
    if is_dns_label(text) { Ok(text.into()) } else { Err(refusal) }
}

/// The name of a lease, which is a label's value as well.
pub(super) fn lease(text: &str) -> Result<String, &'static str> {
    let name = subdomain(text).ok().filter(|name| name.len() <= 63);
    name.ok_or("must be a name: 1 to 63 of a-z, 0-9, - and ., not - or . at an end")
}

/// The UID of a pod.
pub(super) fn uid(text: &str) -> Result<String, &'static str> {
    let valid = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if valid { Ok(text.into()) } else { Err("must be a UID: 1 to 64 letters, digits and -") }
}

/// The name of a pod, which is a DNS subdomain.
pub(super) fn subdomain(text: &str) -> Result<String, &'static str> {
    let refusal = "must be a name: 1 to 253 of a-z, 0-9, - and ., not - or . at an end";
    if is_subdomain(text) { Ok(text.into()) } else { Err(refusal) }
}
