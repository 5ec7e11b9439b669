//! The operator: the real program, as a process of its own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::series::Series;
use super::world::{OPERATOR_POD, World, eventually};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The process. It is killed when this is dropped.
pub(super) struct Operator {
    child: Child,
    http: SocketAddr,
    pub(super) reports: SocketAddr,
    log: PathBuf,
}

impl Operator {
    /// Starts `program` for the sessions of a namespace, and waits until it leads. Its log goes to a file beside those of others
    /// in `folder`.
    pub(super) async fn start(
        program: &Path,
        world: &World,
        folder: &Path,
        patience: Duration,
    ) -> Result<Self> {
        let log = folder.join("operator.log");
        let [http, reports] = [free_port()?, free_port()?];
        let child = Command::new(program)
            .args(["--namespace", &world.scratch.name, "--watch-namespace", &world.scratch.name])
            .args([
                "--pod-name",
                OPERATOR_POD,
                "--http",
                &http.to_string(),
                "--reports",
                &reports.to_string(),
            ])
            .args(["--plain-reports", "off", "--http-access", "open"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut operator = Self { child, http, reports, log };
        eventually(patience, "the operator leads", async || {
            if let Some(ended) = operator.child.try_wait()? {
                bail!("the operator has ended with {ended}: {}", operator.last_words());
            }
            let leads = |text: String| text.lines().any(|line| line == "ballsession_operator_lease_held 1");
            let is_ready = operator.get("/readyz").await.is_ok();
            Ok((is_ready && operator.get("/metrics").await.is_ok_and(leads)).then_some(()))
        })
        .await?;
        Ok(operator)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it counts.
    pub(super) async fn series(&self) -> Result<Series> {
        Ok(Series::new(self.get("/metrics").await?))
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    async fn get(&self, path: &str) -> Result<String> {
        let exchange = async {
            let mut stream = TcpStream::connect(self.http).await?;
            let request = format!("GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = timeout(LIMIT, exchange).await.with_context(|| format!("{path}: no answer"))??;
        ensure!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        Ok(body.to_owned())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on now.
fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
