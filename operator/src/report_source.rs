//! What the controller needs to know of the reports, and asks of whoever collects them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Instant;

use kube::runtime::reflector::ObjectRef;
use report::way::Way;
use report::{ClientRow, ErrorEntry, State};
use tokio::sync::mpsc;

use crate::run::{End, Progress};
use crate::session::Session;

/// Collects the reports of all sessions, and owns the part of their status that is made of them.
pub trait ReportSource: Send + Sync + 'static {
    /// What the pods of a session have reported so far. `session` is its UID.
    fn view(&self, session: &str) -> View;

    /// What the controller expects of the session, as often as it reconciles it: it decides what the server is answered, and
    /// which clients are judged.
    fn expect(&self, session: &Session, expectation: Expectation);

    /// Makes room for another run: the numbers of any other are taken out of status. Asked for again and again until
    /// they are.
    fn begin_run(&self, session: &Session) -> Progress;

    /// The run is over: its last numbers, those of the whole run, go into status and stay as they are. Asked for again
    /// and again until they do.
    fn finish_run(&self, session: &Session, end: End, now: Instant) -> Progress;

    /// The run is not over, although [`ReportSource::finish_run`] was asked to finish one: its numbers are those of a run
    /// that goes on. Asked for again and again until that is known.
    fn continue_run(&self, session: &Session) -> Progress;

    /// The sessions whose [`View`] changed in more than its numbers, or whose [`Progress`] came to an end. To be taken
    /// once.
    fn changes(&self) -> Option<mpsc::Receiver<ObjectRef<crds::BallSession>>>;
}

/// What the controller expects of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The indexes of the clients that did what they were to do, of a bounded run.
    pub finished: BTreeSet<u32>,
    /// Changes with all that the session's pods are made of.
    pub epoch: String,
    /// Pods that there were have just been made anew by the operator.
    pub is_disturbed: bool,
    /// The end of the run is decided: nobody is wanted any more.
    pub is_ending: bool,
    /// Where clients reach the server's media; `None` where that is at its pod's address, and empty while nobody knows.
    pub advertise: Option<Vec<SocketAddr>>,
    /// When the operator deleted the server's pod, for a drill.
    pub drilled: Option<Instant>,
    /// The zones of the nodes that its pods are on, by the nodes' names.
    pub zones: BTreeMap<String, String>,
}

/// What the pods of a session have reported.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// The server's last report, if it is of the run that is asked for.
    pub server: Option<ServerView>,
    /// The last report of each client pod there is, by the pod's name.
    pub clients: BTreeMap<String, ClientView>,
    /// What the verdict says of clients that had media and have none, while it does.
    pub lost: Option<String>,
}

/// What a server has reported.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerView {
    /// When its last report came.
    pub received: Instant,
    /// Clients with a signalling connection.
    pub connected_clients: u32,
    /// Those of which no frame has been counted 10 s after.
    pub clients_without_media: u32,
    /// The worst clients.
    pub rows: Vec<ClientRow>,
    /// What went wrong, by code.
    pub errors: Vec<ErrorEntry>,
    /// The name of its pod.
    pub pod: String,
    /// The way that media takes to each client that has it, by its id; `None` where the server does not say.
    pub ways: BTreeMap<String, Option<Way>>,
}

/// What a client has reported.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientView {
    /// When its last report came.
    pub received: Instant,
    /// How its connection stands.
    pub state: State,
    /// It says that it has decoded no frame for seconds.
    pub is_without_media: bool,
    /// What went wrong, by code.
    pub errors: Vec<ErrorEntry>,
}
