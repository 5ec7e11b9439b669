//! A replica of the operator: the real program, with a way to the API server of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster::Installation;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::proxy::Proxy;

/// How long a sender waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// A process. It is killed when this is dropped.
pub(crate) struct Replica {
    pub(crate) pod: String,
    pub(crate) proxy: Proxy,
    reports: Endpoint,
    plain_reports: SocketAddr,
    http: SocketAddr,
    child: Child,
    files: tempfile::TempDir,
}

impl Replica {
    /// Starts one in the pod of this name, for the sessions of the installation's namespace. It has the rights that the manifests
    /// give it, and no others.
    pub(crate) async fn start(installation: &Installation, pod: &str, lease: Duration) -> Self {
        let proxy = Proxy::open(installation.config().await).await;
        let api_server = proxy.address;
        let mut replica = Self::launch(installation, pod, lease, proxy, api_server, &[]);
        replica.wait_ready().await;
        replica
    }

    /// The same, not yet ready, that finds the API server at an address which leads to `proxy`.
    pub(crate) fn launch(
        installation: &Installation,
        pod: &str,
        lease: Duration,
        proxy: Proxy,
        api_server: SocketAddr,
        arguments: &[&str],
    ) -> Self {
        let namespace = &installation.namespace;
        let files = tempfile::tempdir().unwrap();
        let kubeconfig = files.path().join("kubeconfig");
        std::fs::write(&kubeconfig, kubeconfig_of(api_server)).unwrap();
        let log = std::fs::File::create(files.path().join("log")).unwrap();
        let [http, reports, plain_reports] = [(); 3].map(|()| free_port());
        let child = Command::new(env!("CARGO_BIN_EXE_ballsession-operator"))
            .args(["--namespace", namespace, "--watch-namespace", namespace, "--pod-name", pod])
            .args(["--http", &http.to_string(), "--reports", &reports.to_string()])
            .args(["--plain-reports", &plain_reports.to_string()])
            .args(["--lease-duration", &format!("{}ms", lease.as_millis())])
            .args(["--pod-uid", &format!("{pod}-uid")])
            .args(arguments)
            .env("KUBECONFIG", &kubeconfig)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let name = format!("ballsession-operator.{namespace}.svc");
        let reports = Endpoint { address: reports, name, authorities: None, source: Ipv4Addr::LOCALHOST };
        Self { pod: pod.to_owned(), proxy, reports, plain_reports, http, child, files }
    }

    /// Waits until it is ready.
    pub(crate) async fn wait_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.ready().await != Some(200) {
            assert!(!self.has_ended(), "{} has ended: {}", self.pod, self.log());
            assert!(Instant::now() < deadline, "{} is not ready within 60 s: {}", self.pod, self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether it is ready.
    pub(crate) async fn ready(&self) -> Option<u16> {
        self.get("/readyz", None).await
    }

    /// The code of the answer to who asks for this by the operator's name, which nobody does who forwards a port.
    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Option<u16> {
        code(&self.answer(path, token).await?)
    }

    /// All of the answer.
    pub(crate) async fn answer(&self, path: &str, token: Option<&str>) -> Option<String> {
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: operator\r\n{token}Connection: close\r\n\r\n");
        exchange(self.http, &request).await
    }

    /// The answer to a report of who has been given these authorities; `None` without one.
    pub(crate) async fn post(&self, authorities: &str, token: &str, body: &Value) -> Option<String> {
        let endpoint = Endpoint { authorities: Some(authorities.into()), ..self.reports.clone() };
        let answer = timeout(PATIENCE, endpoint.exchange(&report(token, body))).await.ok()?.ok()?;
        Some(answer).filter(|answer| !answer.is_empty())
    }

    /// A report that is sent now, without encryption, and answered when it can be.
    pub(crate) async fn waiting_post(&self, token: &str, body: &Value) -> Waiting {
        let mut stream = TcpStream::connect(self.plain_reports).await.unwrap();
        stream.write_all(report(token, body).as_bytes()).await.unwrap();
        Waiting(stream)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "{} has not ended within 30 s: {}", self.pod, self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).unwrap()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A report that was sent.
pub(crate) struct Waiting(TcpStream);

impl Waiting {
    /// Its answer; `None` where the connection ends without one.
    pub(crate) async fn answer(mut self) -> Option<String> {
        let mut answer = String::new();
        let read = timeout(Duration::from_secs(30), self.0.read_to_string(&mut answer));
        let _ = read.await.expect("the connection stays open");
        Some(answer).filter(|answer| !answer.is_empty())
    }
}

fn report(token: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST /v1/reports HTTP/1.1\r\nHost: operator\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The status code of an answer.
pub(crate) fn code(answer: &str) -> Option<u16> {
    answer.split(' ').nth(1)?.parse().ok()
}

async fn exchange(address: SocketAddr, request: &str) -> Option<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer).filter(|answer| !answer.is_empty())
    };
    timeout(PATIENCE, exchange).await.ok().flatten()
}

fn kubeconfig_of(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters: [{{name: test, cluster: {{server: 'http://{address}'}}}}]\n\
         users: [{{name: test, user: {{}}}}]\n\
         contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n"
    )
}

/// A port that nobody listens on now.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
