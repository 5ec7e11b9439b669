//! A server or a client with all that a test wants to know of it: HTTP on a port of its own and a summary at the end.

use std::fmt::Display;
use std::marker::PhantomData;
use std::net::SocketAddr;

use report::{ClientRow, ClientSummary, Summary};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::http::{Response, get, get_accepting};
use crate::process::Process;
use crate::program::{Exited, Program};
use crate::wait::eventually;
use rustix::process::Signal;

/// A program whose status and summary are `S`. Dropping it kills it.
#[derive(Debug)]
pub struct Running<S> {
    program: Program,
    /// The line that says where it listens.
    announced: String,
    folder: TempDir,
    status: PhantomData<S>,
}

/// A running server.
pub type Server = Running<Summary>;

/// A running client.
pub type Client = Running<ClientSummary>;

/// A program that ended, and its summary.
#[derive(Debug)]
pub struct Finished<S> {
    /// How it ended.
    pub exited: Exited,
    /// What it wrote.
    pub summary: S,
}

impl Running<Summary> {
    /// Starts a server on a free port.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), arguments)
    }

    /// Starts a server whose signalling listens on `listen`.
    pub fn start_on(listen: SocketAddr, arguments: &[&str]) -> Self {
        Self::launch("ballsession-server", &[&["--listen", &listen.to_string()], arguments].concat(), &[])
    }

    /// As [`Self::start`], with variables.
    pub fn start_with(arguments: &[&str], variables: &[(&str, String)]) -> Self {
        Self::launch("ballsession-server", &[&["--listen", "127.0.0.1:0"], arguments].concat(), variables)
    }

    /// Where its signalling listens.
    pub fn signaling(&self) -> SocketAddr {
        address_after("signalling on ", &self.announced)
    }

    /// Waits until the client `id` has a row in which `find` finds something.
    ///
    /// # Panics
    /// Where that does not happen.
    pub fn row<T>(&self, id: &str, what: &str, mut find: impl FnMut(&ClientRow) -> Option<T>) -> T {
        self.eventually(&format!("{id}: {what}"), |status| {
            status.clients.iter().find(|row| row.id == id).and_then(&mut find)
        })
    }

    /// Waits until `frames` frames of the client `id` are matched.
    pub fn matched(&self, id: &str, frames: u64) {
        self.row(id, &format!("{frames} matched"), |row| (row.frames.matched >= frames).then_some(()));
    }
}

impl Running<ClientSummary> {
    /// Starts a client named `id` of the server at `server`.
    pub fn start(id: &str, server: impl Display, arguments: &[&str]) -> Self {
        Self::start_with(id, server, arguments, &[])
    }

    /// As [`Self::start`], with variables.
    pub fn start_with(
        id: &str,
        server: impl Display,
        arguments: &[&str],
        variables: &[(&str, String)],
    ) -> Self {
        let named = ["--id", id, "--server", &server.to_string()];
        Self::launch("ballsession-client", &[&named, arguments].concat(), variables)
    }
}

impl<S: DeserializeOwned> Running<S> {
    fn launch(name: &str, arguments: &[&str], variables: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let summary = folder.path().join("summary.json");
        let common =
            ["--http", "127.0.0.1:0", "--ice-address", "127.0.0.1", "--summary", summary.to_str().unwrap()];
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut program = Program::start_with(name, &[&common, arguments].concat(), &variables);
        let announced = program.line("HTTP on ");
        Self { program, announced, folder, status: PhantomData }
    }

    /// Where its HTTP is served.
    pub fn http(&self) -> SocketAddr {
        address_after("HTTP on ", &self.announced)
    }

    /// GETs `path` from it.
    ///
    /// # Panics
    /// Where it does not answer.
    pub fn get(&self, path: &str) -> Response {
        get(self.http(), path).unwrap_or_else(|| panic!("no answer to {path}: {:?}", self.program))
    }

    /// Its metrics as OpenMetrics.
    ///
    /// # Panics
    /// Where it does not answer.
    pub fn open_metrics(&self) -> Response {
        get_accepting(address_after("HTTP on ", &self.announced), "/metrics", "application/openmetrics-text")
            .unwrap_or_else(|| panic!("no metrics: {:?}", self.program))
    }

    /// Its `/status`.
    ///
    /// # Panics
    /// Where that is no summary.
    pub fn status(&self) -> S {
        let body = self.get("/status").body;
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error} in {body}"))
    }

    /// Waits until `find` finds something in its status.
    ///
    /// # Panics
    /// Where it does not.
    pub fn eventually<T>(&self, what: &str, mut find: impl FnMut(&S) -> Option<T>) -> T {
        eventually(what, || find(&self.status()))
    }

    /// Whether a line so far contains `text`.
    pub fn has_said(&self, text: &str) -> bool {
        self.program.has_said(text)
    }

    /// The process.
    pub fn process(&self) -> Process {
        self.program.process()
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.program.is_running()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.program.signal(signal);
    }

    /// Ends it as nobody can prepare for.
    pub fn kill(self) {
        self.signal(Signal::KILL);
        self.program.finish();
    }

    /// Asks it to end, and waits for that.
    pub fn stop(self) -> Finished<S> {
        self.signal(Signal::TERM);
        self.finish()
    }

    /// Waits for its end and its summary.
    ///
    /// # Panics
    /// Where there is no end, or no summary.
    pub fn finish(self) -> Finished<S> {
        let exited = self.program.finish();
        let json = std::fs::read_to_string(self.folder.path().join("summary.json"));
        let json = json.unwrap_or_else(|error| panic!("no summary: {error}; {exited:?}"));
        let summary = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error} in {json}"));
        Finished { exited, summary }
    }
}

/// The address in `line` behind `words`.
fn address_after(words: &str, line: &str) -> SocketAddr {
    let (_, rest) = line.split_once(words).unwrap_or_else(|| panic!("no {words:?} in {line}"));
    let address = rest.split([',', ' ']).next().unwrap();
    address.parse().unwrap_or_else(|error| panic!("{address:?} in {line}: {error}"))
}
