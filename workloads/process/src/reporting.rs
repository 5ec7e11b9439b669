//! How a process reports on itself inside a cluster: posts to the operator, and the termination message.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use report::sender::{Pace, PostCounters, Sender, Source, Target, Untaken, Url};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::arguments;
use crate::termination::TerminationMessage;

/// How long the end of a process waits for its termination message to be written.
const MESSAGE_LIMIT: Duration = Duration::from_secs(1);

/// The flags for it.
#[derive(Debug, Clone, Default, Args)]
pub struct Reporting {
    /// Posts the numbers to the operator, as http[s]://HOST:PORT/PATH; https needs --report-ca-file
    #[arg(long, env = "BALLSESSION_REPORT_URL", value_name = "URL", requires = "report_token_file")]
    report_url: Option<Url>,
    /// Takes the place of --report-url, which then is for a version of this program that knows no https
    #[arg(long, env = "BALLSESSION_REPORT_TLS_URL", value_name = "URL", requires = "report_url")]
    report_tls_url: Option<Url>,
    /// The file with the token that posts are sent with; it is read for each one
    #[arg(long, env = "BALLSESSION_REPORT_TOKEN_FILE", value_name = "FILE", requires = "report_url")]
    report_token_file: Option<PathBuf>,
    /// The authorities that issue the operator's certificate, as PEM; the file is read for each post
    #[arg(long, env = "BALLSESSION_REPORT_CA_FILE", value_name = "FILE", requires = "report_url")]
    report_ca_file: Option<PathBuf>,
    /// Keeps one line on how it stands in this file, for Kubernetes to show when it ends
    #[arg(long, env = "BALLSESSION_TERMINATION_MESSAGE", value_name = "FILE", value_parser = arguments::path::<TerminationMessage>())]
    termination_message: Option<TerminationMessage>,
}

impl Reporting {
    /// Fails where flags do not go together: each alone was checked before.
    ///
    /// # Errors
    /// What is missing, in one line.
    pub fn check(&self) -> Result<(), String> {
        self.target().map(drop)
    }

    fn target(&self) -> Result<Option<Target>, String> {
        let url = self.report_tls_url.as_ref().or(self.report_url.as_ref());
        let Some((url, token_file)) = url.cloned().zip(self.report_token_file.clone()) else {
            return Ok(None);
        };
        let target = Target::new(url, token_file, self.report_ca_file.clone());
        target.map(Some).map_err(|missing| format!("--report-ca-file is missing: {missing}"))
    }

    /// Starts what was asked for. `line` is the state of the process, in one line; `changes` notifies of
    /// whatever may have changed that, or the source's state. Needs a Tokio runtime.
    pub fn start(
        &self,
        pace: Pace,
        source: Arc<dyn Source>,
        line: impl Fn() -> String + Send + 'static,
        changes: &watch::Sender<()>,
    ) -> Reports {
        // What does not go together was refused before anything was started.
        let target = self.target().unwrap_or_default();
        let sender = target.map(|target| Sender::start(target, pace, source, changes.subscribe()));
        let message_task = self.termination_message.clone().map(|message| {
            let stop = CancellationToken::new();
            let task = tokio::spawn(message.keep_current(line, changes.subscribe(), stop.clone()));
            (stop.drop_guard(), task)
        });
        Reports { sender, message_task }
    }

    /// The process failed: that is the last message.
    pub(crate) fn failed(&self, message: &str) {
        if let Some(Err(error)) = self.termination_message.as_ref().map(|file| file.write(message)) {
            tracing::warn!("cannot write the termination message: {error}");
        }
    }
}

/// What was started.
#[derive(Debug)]
pub struct Reports {
    sender: Option<Sender>,
    message_task: Option<(DropGuard, JoinHandle<()>)>,
}

impl Reports {
    /// The posts so far by what became of them, if there are any to be sent.
    pub fn posts(&self) -> Option<PostCounters> {
        self.sender.as_ref().map(Sender::counters)
    }

    /// Since when no post was taken, if there are any to be sent.
    pub fn untaken(&self) -> Option<Untaken> {
        self.sender.as_ref().map(Sender::untaken)
    }

    /// Writes the last message and sends the last post. Takes 3 s at most.
    pub async fn finish(self) {
        if let Some((stop, task)) = self.message_task {
            drop(stop);
            // A message that cannot be kept is no reason to fail, and none to wait for long.
            let _ = tokio::time::timeout(MESSAGE_LIMIT, task).await;
        }
        if let Some(sender) = self.sender {
            sender.finish().await;
        }
    }
}
