//! A spawned program.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::output::{Output, Stream};
use crate::process::Process;
use crate::wait::eventually;

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    command: String,
    child: Child,
    output: Output,
}

/// How a program ended.
#[derive(Debug)]
pub struct Exited {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Its lines on stdout.
    pub stdout: Vec<String>,
    /// Its lines on stderr.
    pub stderr: Vec<String>,
}

impl Program {
    /// Starts `ballsession-server` or `ballsession-client`, with nothing of this process's environment that it would
    /// listen to.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_with(name, arguments, &[])
    }

    /// As [`Program::start`], with variables.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary(name));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (variable, _) in std::env::vars_os() {
            let name = variable.to_string_lossy();
            if name.starts_with("BALLSESSION_") || name == "RUST_LOG" {
                command.env_remove(variable);
            }
        }
        command.envs(variables.iter().copied());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let mut output = Output::default();
        output.collect(Stream::Stdout, child.stdout.take().unwrap());
        output.collect(Stream::Stderr, child.stderr.take().unwrap());
        Self { command: format!("{name} {}", arguments.join(" ")), child, output }
    }

    /// Runs a program that ends by itself.
    pub fn run(name: &str, arguments: &[&str]) -> Exited {
        Self::start(name, arguments).finish()
    }

    /// Waits for a line on stdout or stderr that contains `text`.
    ///
    /// # Panics
    /// Where none comes.
    pub fn line(&mut self, text: &str) -> String {
        eventually(&format!("{text:?} from {}", self.command), || {
            // What was printed before an exit is complete once the pipes are closed.
            let exited = self.exited().inspect(|_| self.output.finish());
            let found = self.output.find(text);
            assert!(found.is_some() || exited.is_none(), "{} ended without {text:?}: {self:?}", self.command);
            found
        })
    }

    /// Whether a line so far contains `text`.
    pub fn has_said(&self, text: &str) -> bool {
        self.output.find(text).is_some()
    }

    /// The process.
    pub fn process(&self) -> Process {
        Process::new(self.child.id())
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// Where there is no such process any more.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap_or_else(|error| panic!("{signal:?} for {}: {error}", self.command));
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.exited().is_none()
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// Where that does not come.
    pub fn finish(mut self) -> Exited {
        let status = eventually(&format!("the end of {}", self.command), || self.exited());
        self.output.finish();
        Exited {
            code: status.code(),
            stdout: self.output.of(Stream::Stdout),
            stderr: self.output.of(Stream::Stderr),
        }
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail where it has ended and was waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}", self.command);
            for line in self.output.of(Stream::Stdout).iter().chain(&self.output.of(Stream::Stderr)) {
                eprintln!("    {line}");
            }
        }
    }
}

/// Where a program is: programs are built beside the folder of the test executables.
///
/// # Panics
/// Where it was not built.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = folder.join(name);
    assert!(binary.exists(), "{} is missing: run `make build` first", binary.display());
    binary
}
