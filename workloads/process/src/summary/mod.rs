//! Where a summary goes.

mod place;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use place::Place;

/// How long somebody may take to read a summary out of a pipe. After that its numbers are lost to them.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// A file, or stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryTarget {
    /// `-`: stdout is the JSON alone.
    Stdout,
    /// Anything else.
    File(PathBuf),
}

/// A summary that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the summary to {target}: {source}")]
pub struct WriteError {
    target: String,
    source: std::io::Error,
}

/// A text that names no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a file, or - for stdout")]
pub struct NoFile;

/// A path may be no UTF-8.
impl TryFrom<OsString> for SummaryTarget {
    type Error = NoFile;

    fn try_from(text: OsString) -> Result<Self, Self::Error> {
        match text.as_encoded_bytes() {
            b"-" => Ok(Self::Stdout),
            b"" | [.., b'/'] => Err(NoFile),
            _ => Ok(Self::File(text.into())),
        }
    }
}

impl SummaryTarget {
    /// Refuses early what would fail late: a target that cannot be written to.
    ///
    /// # Errors
    /// Where it cannot.
    pub fn check(&self) -> Result<(), WriteError> {
        let Self::File(path) = self else { return Ok(()) };
        Place::of(path).and_then(|place| place.check()).map_err(|source| self.error(source))
    }

    /// Writes `summary` as JSON. A file is replaced as a whole where that can be: a reader finds the old one or the new one.
    /// Takes 10 s at most, as nobody may read what is written. Needs a Tokio runtime, which goes on meanwhile.
    ///
    /// # Errors
    /// Where that is not possible. With a file the numbers are on stdout then, rather than lost.
    pub async fn write(&self, summary: &impl Serialize) -> Result<(), WriteError> {
        let mut json = serde_json::to_vec_pretty(summary).map_err(|error| self.error(error.into()))?;
        json.push(b'\n');
        let written = self.write_within(json.clone()).await;
        if written.is_err() && *self != Self::Stdout {
            // If that cannot be written either, nothing else can be done.
            let _ = Self::Stdout.write_within(json).await;
        }
        written
    }

    async fn write_within(&self, json: Vec<u8>) -> Result<(), WriteError> {
        let target = self.clone();
        let (done, is_done) = tokio::sync::oneshot::channel();
        // Not one of the runtime's threads, whose end would be waited for.
        let thread = std::thread::Builder::new().name("summary".into());
        let started = thread.spawn(move || drop(done.send(target.write_now(&json))));
        started.map_err(|source| self.error(source))?;
        let written = match tokio::time::timeout(WRITE_LIMIT, is_done).await {
            Ok(Ok(written)) => written,
            Ok(Err(_)) => Err(std::io::Error::other("the thread that writes it ended")),
            Err(_) => Err(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                format!("nobody takes it within {} s", WRITE_LIMIT.as_secs()),
            )),
        };
        written.map_err(|source| self.error(source))
    }

    fn write_now(&self, json: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(json)?;
                stdout.flush()
            }
            Self::File(path) => Place::of(path)?.write(json),
        }
    }

    fn error(&self, source: std::io::Error) -> WriteError {
        let target = match self {
            Self::Stdout => "stdout".to_owned(),
            Self::File(path) => path.display().to_string(),
        };
        WriteError { target, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<SummaryTarget, NoFile> {
        OsString::from(text).try_into()
    }

    #[test]
    fn what_names_no_file_is_refused() {
        assert_eq!(target("-"), Ok(SummaryTarget::Stdout));
        assert_eq!(target("a/b"), Ok(SummaryTarget::File("a/b".into())));
        for none in ["", "/", "newdir/"] {
            assert_eq!(target(none), Err(NoFile), "{none:?}");
        }
    }

    #[tokio::test]
    async fn a_target_that_cannot_be_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder_itself = folder.path().to_str().unwrap();
        for (path, why) in [
            (folder_itself.to_owned(), "is a directory"),
            ("/does/not/exist.json".into(), "No such file or directory (os error 2)"),
            (format!("{folder_itself}/{}", "n".repeat(256)), "File name too long (os error 36)"),
        ] {
            let target = target(&path).unwrap();
            let expected = format!("cannot write the summary to {path}: {why}");
            assert_eq!(target.check().unwrap_err().to_string(), expected);
            assert_eq!(target.write(&[1]).await.unwrap_err().to_string(), expected);
        }
    }

    /// L4. On virtual time.
    #[tokio::test(start_paused = true)]
    async fn a_pipe_that_nobody_opens_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let target = SummaryTarget::File(path.clone());
        target.check().unwrap();
        let error = target.write(&[1]).await.unwrap_err().to_string();
        assert!(error.ends_with(": nobody takes it within 10 s"), "{error}");
        // The thread that waits is let go.
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[\n  1\n]\n");
    }
}
