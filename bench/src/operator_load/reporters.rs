//! Posts in the name of pods, each with a token of its own, as often as the workloads do.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use crds::contract::REPORT_AUDIENCE;
use k8s_openapi::api::core::v1::Pod;
use kube::{Client, ResourceExt};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::endpoint::Endpoint;
use super::post::{self, ServerPosts};
use super::statuses::Statuses;
use super::world::AT_ONCE;

/// How often a server posts, and a client that is well; a tenth more or less.
const SERVER_EVERY: Duration = Duration::from_secs(5);
const CLIENT_EVERY: Duration = Duration::from_secs(60);
/// After a post that was not taken.
const AGAIN: Duration = Duration::from_secs(1);

/// Sessions whose pods share a node, so that their posts come from one address.
const SESSIONS_PER_NODE: u32 = 32;

/// The reporters of all pods. Clones are the same.
#[derive(Clone)]
pub(super) struct Reporters {
    client: Client,
    endpoint: Endpoint,
    statuses: Arc<Statuses>,
    servers: Arc<Vec<ServerState>>,
    /// The API server gives so many tokens at a time.
    places: Arc<Semaphore>,
    stop: CancellationToken,
    taken: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

/// What is asked of the server of a session.
#[derive(Default)]
struct ServerState {
    is_breach: AtomicBool,
    turned: Notify,
}

impl Reporters {
    pub(super) fn new(client: Client, endpoint: Endpoint, statuses: Arc<Statuses>, sessions: u32) -> Self {
        let servers = (0..sessions).map(|_| ServerState::default()).collect();
        Self {
            client,
            endpoint,
            statuses,
            servers: Arc::new(servers),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            stop: CancellationToken::new(),
            taken: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// Has a pod that is ready report, until the end.
    pub(super) fn report_for(&self, pod: Pod) {
        let reporters = self.clone();
        tokio::spawn(async move {
            let stop = reporters.stop.clone();
            let reported = stop.run_until_cancelled(reporters.report(&pod)).await;
            if let Some(Err(error)) = reported {
                tracing::error!(pod = pod.name_any(), "{error:#}");
            }
        });
    }

    /// Nobody reports any more.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Posts that were taken so far, and those that were not.
    pub(super) fn posts(&self) -> (u64, u64) {
        (self.taken.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    /// Has the numbers of a session breach its objectives from now on, or not any more: the server posts at once.
    pub(super) fn turn(&self, session: u32, is_breach: bool) {
        let Some(server) = self.servers.get(session as usize) else { return };
        server.is_breach.store(is_breach, Ordering::Relaxed);
        server.turned.notify_one();
    }

    async fn report(&self, pod: &Pod) -> Result<()> {
        let label = |name: &str| pod.labels().get(name).cloned().unwrap_or_default();
        let session = label("app.kubernetes.io/instance");
        let number = session.rsplit('-').next().unwrap_or_default().parse::<u32>()?;
        let token = {
            let _place = self.places.acquire().await?;
            // In a storm it may be gone by now.
            match cluster::try_pod_token(&self.client, pod, REPORT_AUDIENCE).await {
                Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {
                    return Ok(());
                }
                token => token?,
            }
        };
        let [.., high, low] = (number / SESSIONS_PER_NODE).to_be_bytes();
        let source = Ipv4Addr::new(127, 1, high, low);
        match label("app.kubernetes.io/component").as_str() {
            "server" => self.report_as_server(&session, number, source, &token).await,
            _ => self.report_as_client(source, &token).await,
        }
    }

    async fn report_as_server(
        &self,
        session: &str,
        number: u32,
        source: Ipv4Addr,
        token: &str,
    ) -> Result<()> {
        let mut posts = ServerPosts::of(session)?;
        let state = &self.servers[number as usize];
        loop {
            let is_breach = state.is_breach.load(Ordering::Relaxed);
            let (body, begun) = (posts.next(is_breach, fastrand::f64())?, Instant::now());
            if is_breach {
                self.statuses.breach(session, begun);
            }
            let Some(is_taken) = self.post(source, token, &body).await else { return Ok(()) };
            if is_taken {
                self.statuses.posted(session, begun);
            }
            tokio::select! {
                () = tokio::time::sleep(pause(is_taken, SERVER_EVERY)) => {}
                () = state.turned.notified() => {}
            }
        }
    }

    async fn report_as_client(&self, source: Ipv4Addr, token: &str) -> Result<()> {
        for sequence in 1.. {
            let Some(is_taken) = self.post(source, token, &post::client(sequence)?).await else { break };
            tokio::time::sleep(pause(is_taken, CLIENT_EVERY)).await;
        }
        Ok(())
    }

    /// Whether it is taken; `None` where the token is good for nothing any more, because its pod is gone.
    async fn post(&self, source: Ipv4Addr, token: &str, body: &[u8]) -> Option<bool> {
        let code = self.endpoint.post(source, token, body).await.ok();
        let is_taken = code == Some(202);
        let counter = if is_taken { &self.taken } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        (code != Some(401)).then_some(is_taken)
    }
}

fn pause(is_taken: bool, every: Duration) -> Duration {
    let pause = if is_taken { every } else { AGAIN };
    pause.mul_f64(0.9 + 0.2 * fastrand::f64())
}
