//! The message that Kubernetes keeps of a container when it ends, however it ends: `/dev/termination-log` as a rule.
//!
//! A process that is killed for its memory has no time to write, so the file holds at any time what would have to be
//! said, in one line.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Kubernetes reads no more of it.
const MAX_BYTES: usize = 4096;
/// How old the numbers in it get.
const EVERY: Duration = Duration::from_secs(10);
/// How soon after one line another may be written, however much happens.
const GAP: Duration = Duration::from_secs(1);

/// The file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminationMessage(PathBuf);

impl From<OsString> for TerminationMessage {
    fn from(path: OsString) -> Self {
        Self(path.into())
    }
}

impl TerminationMessage {
    /// Puts `line` in place of what the file holds; it is cut to 4096 bytes.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, line: &str) -> io::Result<()> {
        let mut end = line.len().min(MAX_BYTES - 1);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        let line = format!("{}\n", &line[..end]);
        // Opening a pipe would wait for its other end.
        if self.0.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        // In place: in a container it is a mount, and another file of its name would be read by nobody. What is left of
        // a longer message is cut off last, so that there is a whole line at any time.
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.0)?;
        file.write_all(line.as_bytes())?;
        file.set_len(line.len() as u64)
    }

    /// Writes what `line` returns to the file: now, after every change, and a last time when `stop` is cancelled.
    pub(crate) async fn keep_current(
        self,
        line: impl Fn() -> String,
        mut changes: watch::Receiver<()>,
        stop: CancellationToken,
    ) {
        let mut was_written = true;
        loop {
            let is_last = stop.is_cancelled();
            let (file, line) = (self.clone(), line());
            // Under a loaded disk a write may take long, and media must not wait for it.
            let written = tokio::task::spawn_blocking(move || file.write(&line)).await;
            let is_written = matches!(&written, Ok(Ok(())));
            if was_written && let Ok(Err(error)) = written {
                tracing::warn!("cannot write the termination message to {}: {error}", self.0.display());
            }
            was_written = is_written;
            if is_last {
                return;
            }
            let next = async {
                tokio::time::sleep(GAP).await;
                tokio::select! {
                    Ok(()) = changes.changed() => {}
                    () = tokio::time::sleep(EVERY - GAP) => {}
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = next => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    #[test]
    fn the_file_is_rewritten_in_place_and_holds_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("termination-log");
        std::fs::write(&path, "").unwrap();
        let inode = path.metadata().unwrap().ino();
        let file = TerminationMessage::from(path.clone().into_os_string());
        for (line, expected) in [
            ("a long line", "a long line\n".to_owned()),
            ("short", "short\n".to_owned()),
            (&"ä".repeat(5000), "ä".repeat(2047) + "\n"),
        ] {
            file.write(line).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
        assert_eq!(path.metadata().unwrap().ino(), inode);
        assert!(TerminationMessage(folder.path().into()).write("x").is_err());
    }

    #[tokio::test]
    async fn the_file_follows_every_change_to_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("termination-log");
        let (changes, stop, count) =
            (watch::Sender::new(()), CancellationToken::new(), Arc::new(AtomicU64::new(0)));
        let line = {
            let count = Arc::clone(&count);
            move || count.load(Relaxed).to_string()
        };
        let kept = TerminationMessage(path.clone()).keep_current(line, changes.subscribe(), stop.clone());
        let kept = tokio::spawn(kept);
        let shows = async |text: &str| {
            let shown = async {
                while std::fs::read_to_string(&path).unwrap_or_default() != text {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            // Shorter than the time after which it would be written without any change.
            tokio::time::timeout(EVERY - GAP, shown).await.unwrap();
        };
        shows("0\n").await;
        count.store(1, Relaxed);
        changes.send_replace(());
        shows("1\n").await;
        count.store(2, Relaxed);
        stop.cancel();
        kept.await.unwrap();
        shows("2\n").await;
    }
}
