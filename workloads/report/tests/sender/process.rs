//! A process that reports.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ballsession_report::post::ClientPost;
use ballsession_report::sender::{Pace, Sender, Source, SourceState, Target};
use ballsession_report::{ErrorCode, ErrorLog, State};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::watch;

/// No test waits longer.
const PATIENCE: Duration = Duration::from_secs(9);

/// Waits for something that must happen.
pub(crate) async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("no {what} within {PATIENCE:?}"))
}

/// What the process has to report.
struct Facts {
    now: Mutex<(bool, State, ErrorLog)>,
    answers: Mutex<Vec<Vec<u8>>>,
}

impl Source for Facts {
    fn state(&self) -> SourceState {
        let (active, state, errors) = &*self.now.lock().unwrap();
        let codes = errors.entries().map(|error| error.code).collect();
        SourceState { active: *active, state: Some(*state), codes, ..SourceState::default() }
    }

    fn post(&self, sequence: u64) -> Vec<u8> {
        let (_, state, errors) = &*self.now.lock().unwrap();
        let errors = errors.entries().cloned().collect();
        serde_json::to_vec(&ClientPost::new(sequence, Timestamp::UNIX_EPOCH, *state, errors)).unwrap()
    }

    fn answered(&self, body: &[u8]) {
        self.answers.lock().unwrap().push(body.to_owned());
    }
}

/// A process with a token and a sender.
pub(crate) struct Process {
    sender: Sender,
    facts: Arc<Facts>,
    changes: watch::Sender<()>,
    folder: TempDir,
}

impl Process {
    /// Starts to report to `url`, with the token `first`.
    pub(crate) fn start(url: &str, state: State) -> Self {
        Self::start_after(url, state, &[])
    }

    /// As well, when these errors happened before.
    pub(crate) fn start_after(url: &str, state: State, codes: &[ErrorCode]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token_file = folder.path().join("token");
        std::fs::write(&token_file, "first\n").unwrap();
        let mut errors = ErrorLog::default();
        codes.iter().for_each(|code| errors.record(*code, "for a test", Timestamp::UNIX_EPOCH));
        Self::start_to(Target::new(url.parse().unwrap(), token_file, None).unwrap(), folder, state, errors)
    }

    /// Starts to report to `url` over TLS, to whom these authorities have issued a certificate.
    pub(crate) fn start_tls(url: &str, authorities: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (token_file, ca_file) = (folder.path().join("token"), folder.path().join("ca.crt"));
        std::fs::write(&token_file, "first\n").unwrap();
        std::fs::write(&ca_file, authorities).unwrap();
        let target = Target::new(url.parse().unwrap(), token_file, Some(ca_file)).unwrap();
        Self::start_to(target, folder, State::Connecting, ErrorLog::default())
    }

    fn start_to(target: Target, folder: TempDir, state: State, errors: ErrorLog) -> Self {
        let facts = Arc::new(Facts { now: Mutex::new((false, state, errors)), answers: Mutex::default() });
        let pace = Pace { every: Duration::from_millis(10), spread: 0.5 };
        let changes = watch::Sender::new(());
        let sender = Sender::start(target, pace, Arc::clone(&facts) as Arc<dyn Source>, changes.subscribe());
        Self { sender, facts, changes, folder }
    }

    pub(crate) fn becomes(&self, state: State) {
        self.facts.now.lock().unwrap().1 = state;
        self.changes.send_replace(());
    }

    pub(crate) fn fails(&self, code: ErrorCode) {
        self.facts.now.lock().unwrap().2.record(code, "for a test", Timestamp::UNIX_EPOCH);
        self.changes.send_replace(());
    }

    pub(crate) fn set_active(&self, active: bool) {
        self.facts.now.lock().unwrap().0 = active;
        self.changes.send_replace(());
    }

    pub(crate) fn renew_token(&self, token: &str) {
        self.replace("token", token);
    }

    pub(crate) fn set_authorities(&self, authorities: &str) {
        self.replace("ca.crt", authorities);
    }

    fn replace(&self, file: &str, content: &str) {
        // As Kubernetes does it: the old file or the new one, nothing between.
        let new = self.folder.path().join("new");
        std::fs::write(&new, content).unwrap();
        std::fs::rename(new, self.folder.path().join(file)).unwrap();
    }

    pub(crate) fn remove_token(&self) {
        std::fs::remove_file(self.folder.path().join("token")).unwrap();
    }

    /// Why the last post was not taken.
    pub(crate) fn why(&self) -> String {
        self.sender.untaken().why()
    }

    pub(crate) fn count(&self, result: &str) -> u64 {
        self.sender.counters().by_result()[result]
    }

    /// Waits until so many posts had this result.
    pub(crate) async fn counted(&self, result: &str, count: u64) {
        let reached = async {
            while self.count(result) < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        patiently(&format!("{count} {result}"), reached).await;
    }

    /// The bodies of the answers to the posts that were taken.
    pub(crate) fn answers(&self) -> Vec<Vec<u8>> {
        self.facts.answers.lock().unwrap().clone()
    }

    /// Ends, with a last post.
    pub(crate) async fn finish(self) {
        patiently("end", self.sender.finish()).await;
    }
}
