//! Outputs that nobody reads, and what others than users put in their way: a program goes on, and ends when it is told to.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::fs::File;
use std::io::{PipeReader, Write, pipe};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ballsession_tests::{Client, Program, Server, Signal, binary, eventually, get, private_address};
use report::{ClientSummary, Summary};
use rustix::process::{Pid, kill_process};

const SERVER: &str = "ballsession-server";

/// What a pipe holds on Linux (pipe(7)).
const PIPE_BYTES: usize = 65536;

/// A pipe that is full, and nobody reads.
fn full_pipe() -> (PipeReader, Stdio) {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(&[b'\n'; PIPE_BYTES]).unwrap();
    (reader, writer.into())
}

/// Ends with the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    fn code(&mut self) -> Option<i32> {
        let status = eventually("the end", || self.0.try_wait().unwrap());
        status.code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn summary(path: &Path) -> Summary {
    serde_json::from_reader(File::open(path).unwrap()).unwrap()
}

/// L5.
#[test]
fn logs_that_nobody_reads_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (written, signaling, http) = (folder.path().join("summary"), private_address(), private_address());
    let (_reader, stderr) = full_pipe();
    let mut command = Command::new(binary(SERVER));
    command.args(["--listen", &signaling.to_string(), "--http", &http.to_string(), "--verbose"]);
    command.arg("--summary").arg(&written).stdout(Stdio::null()).stderr(stderr);
    let mut server = Running::start(&mut command);
    let client = Client::start("heard", signaling, &["--reconnect"]);
    client.eventually("frames", |status| (status.frames.detected >= 30).then_some(()));
    assert_eq!(get(http, "/healthz").map(|answer| answer.code), Some(200));
    server.signal(Signal::TERM);
    assert_eq!(server.code(), Some(0));
    assert_eq!(summary(&written).clients[0].id, "heard");
}

/// L4: whoever waits in vain for the first signal to end it ends it with another.
#[test]
fn a_second_signal_ends_a_program_whose_summary_nobody_reads() {
    let (_reader, stdout) = full_pipe();
    let (reader, stderr) = pipe().unwrap();
    let mut command = Command::new(binary(SERVER));
    command.args(["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--summary", "-"]);
    let mut server = Running::start(command.stdout(stdout).stderr(stderr));
    // It has the only other end.
    drop(command);
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(reader)).map(Result::unwrap);
    assert!(lines.any(|line| line.contains("signalling on")));
    server.signal(Signal::TERM);
    // The table is printed right before the summary is written.
    assert!(lines.any(|line| line.contains("error px")));
    server.signal(Signal::TERM);
    assert_eq!(server.code(), Some(143));
}

/// L4.
#[test]
fn a_summary_for_a_pipe_that_nobody_opens_goes_to_stdout_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    let mut server =
        Program::start(SERVER, &["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--summary", pipe]);
    server.line("signalling on");
    server.signal(Signal::INT);
    let ended = server.finish();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(
        ended.stderr,
        [format!("error: cannot write the summary to {pipe}: nobody takes it within 10 s")]
    );
    let json = ended.stdout.iter().position(|line| line == "{").unwrap();
    let numbers: Summary = serde_json::from_str(&ended.stdout[json..].join("\n")).unwrap();
    assert_eq!(numbers.frames.sent, 0);
}

/// L3: as in a container, whose stdout is a pipe behind links.
#[test]
fn a_summary_for_stdout_by_name_is_written_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("stdout");
    std::os::unix::fs::symlink("/proc/self/fd/1", &link).unwrap();
    let path = link.to_str().unwrap();
    let ended = Program::run(
        SERVER,
        &["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--duration", "200ms", "--summary", path],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let json = ended.stdout.iter().position(|line| line == "{").unwrap();
    assert!(serde_json::from_str::<Summary>(&ended.stdout[json..].join("\n")).is_ok(), "{ended:?}");
    assert!(link.symlink_metadata().unwrap().is_symlink());
}

/// L19.
#[test]
fn nothing_of_opencv_is_among_the_numbers() {
    let server = Server::start(&[]);
    let address = server.signaling().to_string();
    let arguments = ["--server", &address, "--duration", "500ms", "--summary", "-"];
    let client =
        Program::start_with("ballsession-client", &arguments, &[("OPENCV_LOG_LEVEL", "VERBOSE")]).finish();
    assert_eq!(client.code, Some(0), "{client:?}");
    let seen: ClientSummary = serde_json::from_str(&client.stdout.join("\n")).unwrap();
    assert!(seen.frames.detected > 0, "{seen:?}");
}

/// A terminal that is closed, and `nohup`, which is to outlive it.
#[test]
fn a_hangup_ends_a_program_unless_whoever_started_it_ignores_it() {
    // Whatever this process was started to ignore.
    let started = |disposition: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (written, http) = (folder.path().join("summary"), private_address());
        let mut command = Command::new("env");
        command.arg(disposition).arg(binary(SERVER)).args([
            "--listen",
            "127.0.0.1:0",
            "--http",
            &http.to_string(),
        ]);
        command.arg("--summary").arg(&written).stdout(Stdio::null());
        // No signal of the terminal that the tests run in is meant for it.
        let server = Running::start(command.process_group(0));
        eventually("its HTTP", || std::net::TcpStream::connect(http).ok().map(drop));
        (folder, written, http, server)
    };
    let (_folder, written, _, mut server) = started("--default-signal=HUP");
    server.signal(Signal::HUP);
    assert_eq!(server.code(), Some(0));
    assert_eq!(summary(&written).clients, []);

    let (_folder, written, http, mut server) = started("--ignore-signal=HUP");
    server.signal(Signal::HUP);
    assert_eq!(get(http, "/healthz").map(|answer| answer.code), Some(200));
    server.signal(Signal::TERM);
    assert_eq!(server.code(), Some(0));
    assert_eq!(summary(&written).clients, []);
}
