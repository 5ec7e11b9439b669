//! Reports that say what a test wants them to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Instant;

use ballsession_operator::report_source::{ClientView, Expectation, ReportSource, ServerView, View};
use ballsession_operator::run::{End, Progress};
use ballsession_operator::session::Session;
use crds::BallSession;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use report::{ClientRow, ErrorCode, ErrorEntry, State};
use tokio::sync::mpsc;

/// What was asked and what is answered.
pub(crate) struct FakeReports {
    said: Mutex<Said>,
    changed: mpsc::Sender<ObjectRef<BallSession>>,
    changes: Mutex<Option<mpsc::Receiver<ObjectRef<BallSession>>>>,
}

#[derive(Default)]
struct Said {
    views: BTreeMap<String, View>,
    begun: BTreeSet<String>,
    /// By UID.
    expected: BTreeMap<String, Expectation>,
    /// By run: since when it was said to be over.
    finished: BTreeMap<String, Instant>,
    continued: BTreeSet<String>,
    holds_back: bool,
}

impl FakeReports {
    pub(crate) fn new() -> Self {
        let (changed, changes) = mpsc::channel(16);
        Self { said: Mutex::default(), changed, changes: Mutex::new(Some(changes)) }
    }

    /// The server in this pod has just reported, media to all clients.
    pub(crate) async fn server_reports(&self, session: &BallSession, pod: String) {
        let row = |index: u32| {
            let mut row = ClientRow::new(format!("{}-client-{index}", session.name_any()));
            (row.state, row.frames.matched) = (State::Connected, 1);
            row
        };
        let server = ServerView {
            received: Instant::now(),
            connected_clients: 1,
            clients_without_media: 0,
            rows: (0..10).map(row).collect(),
            errors: Vec::new(),
            pod,
            ways: BTreeMap::new(),
        };
        self.change(session, |view| view.server = Some(server)).await;
    }

    /// A client pod that is stuck with this error.
    pub(crate) async fn client_reports(&self, session: &BallSession, pod: &str, code: ErrorCode) {
        let error =
            ErrorEntry { code, count: 1, message: "no way".into(), last_seen: jiff::Timestamp::now() };
        let (received, state) = (Instant::now(), State::Connecting);
        let client = ClientView { received, state, is_without_media: true, errors: vec![error] };
        self.change(session, |view| drop(view.clients.insert(pod.to_owned(), client))).await;
    }

    /// Last numbers come only when the test lets them.
    pub(crate) fn hold_back(&self, holds_back: bool) {
        self.said.lock().unwrap().holds_back = holds_back;
    }

    /// What is expected of the session with this UID.
    pub(crate) fn expected(&self, uid: &str) -> Option<Expectation> {
        self.said.lock().unwrap().expected.get(uid).cloned()
    }

    /// The runs that were asked to begin, by hash.
    pub(crate) fn begun(&self) -> BTreeSet<String> {
        self.said.lock().unwrap().begun.clone()
    }

    /// The runs that were asked to finish, by hash, and since when they were over.
    pub(crate) fn finished(&self) -> BTreeMap<String, Instant> {
        self.said.lock().unwrap().finished.clone()
    }

    /// The runs that turned out not to be over, by hash.
    pub(crate) fn continued(&self) -> BTreeSet<String> {
        self.said.lock().unwrap().continued.clone()
    }

    async fn change(&self, session: &BallSession, change: impl FnOnce(&mut View)) {
        let uid = session.metadata.uid.clone().unwrap();
        change(self.said.lock().unwrap().views.entry(uid).or_default());
        self.changed.send(ObjectRef::from_obj(session)).await.unwrap();
    }
}

impl ReportSource for FakeReports {
    fn view(&self, session: &str) -> View {
        self.said.lock().unwrap().views.get(session).cloned().unwrap_or_default()
    }

    fn expect(&self, session: &Session, expectation: Expectation) {
        self.said.lock().unwrap().expected.insert(session.owner.uid.clone(), expectation);
    }

    fn begin_run(&self, session: &Session) -> Progress {
        self.said.lock().unwrap().begun.insert(session.run_hash.clone());
        Progress::Done
    }

    fn finish_run(&self, session: &Session, end: End, now: Instant) -> Progress {
        assert!(end.since <= now);
        let mut said = self.said.lock().unwrap();
        said.finished.insert(session.run_hash.clone(), end.since);
        if said.holds_back { Progress::Pending } else { Progress::Done }
    }

    fn continue_run(&self, session: &Session) -> Progress {
        self.said.lock().unwrap().continued.insert(session.run_hash.clone());
        Progress::Done
    }

    fn changes(&self) -> Option<mpsc::Receiver<ObjectRef<BallSession>>> {
        self.changes.lock().unwrap().take()
    }
}
