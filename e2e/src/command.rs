//! Programs that a user of the cluster calls.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, sleep};

/// How often a program is asked whether it has ended.
const STEP: Duration = Duration::from_millis(20);

/// A program that ends with its handle. Its output goes to files without names: nobody has to read them for it to go
/// on.
pub(crate) struct Process {
    child: Child,
    stdout: File,
    stderr: File,
}

impl Process {
    /// Starts it.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Result<Self> {
        let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(stdout.try_clone()?)
            .stderr(stderr.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot run {program}"))?;
        Ok(Self { child, stdout, stderr })
    }

    /// What it has written to stdout so far.
    pub(crate) fn stdout(&mut self) -> Result<String> {
        contents(&mut self.stdout)
    }

    /// Waits for its end; `Err` with what it complained of if that is not a good one.
    async fn end(mut self, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                let stderr = contents(&mut self.stderr)?;
                ensure!(status.success(), "{status}: {}", stderr.trim());
                return self.stdout();
            }
            if Instant::now() >= deadline {
                bail!("it has not ended within {limit:?}");
            }
            sleep(STEP).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, and that is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn contents(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs a program to its end and returns what it wrote to stdout.
///
/// # Errors
/// Where it cannot be run, fails, or has not ended within `limit`: with what it wrote to stderr.
pub async fn run(program: &str, arguments: &[&str], limit: Duration) -> Result<String> {
    let command = || format!("{program} {}", arguments.join(" "));
    let process = Process::start(program, arguments).with_context(command)?;
    process.end(limit).await.with_context(command)
}

/// Runs kubectl against the cluster that KUBECONFIG names, and returns what it wrote to stdout.
///
/// # Errors
/// Where it fails, with what it wrote to stderr.
pub async fn kubectl(arguments: &[&str]) -> Result<String> {
    run("kubectl", arguments, crate::PATIENCE).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn output_comes_back_and_failures_say_why() {
        assert_eq!(run("echo", &["one", "two"], LIMIT).await.unwrap(), "one two\n");
        let error = run("sh", &["-c", "echo out; echo why >&2; exit 3"], LIMIT).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "sh -c echo out; echo why >&2; exit 3: exit status: 3: why");
        let error = run("no-such-program", &[], LIMIT).await.unwrap_err();
        assert!(
            format!("{error:#}").starts_with("no-such-program : cannot run no-such-program: "),
            "{error:#}"
        );
    }

    #[tokio::test]
    async fn what_does_not_end_is_ended() {
        let error = run("sleep", &["1000"], Duration::ZERO).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "sleep 1000: it has not ended within 0ns");
    }
}
