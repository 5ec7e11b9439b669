//! `open`: the page of a session's server, by a port of this machine.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, anyhow, bail};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, ListParams};
use tokio::net::TcpListener;

use crate::cluster::{self, Cluster, SERVER, selector, within};
use crate::commands::output::print;
use crate::exit::Exit;
use crate::forward::forward;

/// Where the server's page is, in its pod.
const PAGE: u16 = 8081;
/// What opens an address, by what there is.
const BROWSERS: [&str; 3] = ["xdg-open", "open", "wslview"];

/// Forwards until it is stopped.
pub(super) async fn open(cluster: &Cluster, name: &str, port: u16, browser: bool) -> Result<Exit> {
    let mut stop = process::stop_signals().context("cannot watch for signals")?;
    cluster::get(cluster, name).await?;
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let pod = server(&pods, name).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let url = format!("http://{}/", listener.local_addr()?);
    print(&format!("{url} is the page of {name}, from pod {pod}; Ctrl-C ends it\n"))?;
    if browser && !show(&url) {
        eprintln!("warning: there is no program to open it: none of {}", BROWSERS.join(", "));
    }
    // The pod is looked up for each connection: another one may have followed it.
    let connect = async || {
        let pod = server(&pods, name).await?;
        let mut forwarder = within(pods.portforward(&pod, &[PAGE])).await?;
        forwarder.take_stream(PAGE).ok_or_else(|| anyhow!("pod {pod} has no port {PAGE}"))
    };
    tokio::select! {
        result = forward(&listener, connect) => result.map(|()| Exit::Done),
        _ = stop.wait_for(Option::is_some) => Ok(Exit::Done),
    }
}

/// The name of the server's pod, if it runs.
async fn server(pods: &Api<Pod>, session: &str) -> Result<String> {
    let params = ListParams::default().labels(&selector(session, Some(SERVER)));
    let found = within(pods.list(&params)).await.context("the server's pod cannot be looked up")?.items;
    let is_running = |pod: &&Pod| {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
    };
    let Some(pod) = found.iter().find(is_running) else {
        bail!("session {session} has no server that runs: `kubectl ballsession status {session}` says why");
    };
    Ok(pod.name_any())
}

/// Whether a program was started that opens the address.
fn show(url: &str) -> bool {
    let start = |program: &str| {
        let null = std::process::Stdio::null;
        std::process::Command::new(program).arg(url).stdin(null()).stdout(null()).stderr(null()).spawn()
    };
    BROWSERS.iter().any(|program| start(program).is_ok())
}
