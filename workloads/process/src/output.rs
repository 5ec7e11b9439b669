//! Where a summary goes.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

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

impl FromStr for SummaryTarget {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::Stdout } else { Self::File(text.into()) })
    }
}

impl SummaryTarget {
    /// Refuses early what would fail late: a target whose folder cannot be written to.
    ///
    /// # Errors
    /// Where a file cannot be created there.
    pub fn check(&self) -> Result<(), WriteError> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(path) if path.is_dir() => Err(self.error(ErrorKind::IsADirectory.into())),
            Self::File(path) if is_special(path) => Ok(()),
            Self::File(path) => temporary_beside(path).map(drop).map_err(|source| self.error(source)),
        }
    }

    /// Writes `summary` as JSON. A file is replaced as a whole: a reader finds the old one or the new one.
    ///
    /// # Errors
    /// Where that is not possible.
    pub fn write(&self, summary: &impl Serialize) -> Result<(), WriteError> {
        self.try_write(summary).map_err(|source| self.error(source))
    }

    fn try_write(&self, summary: &impl Serialize) -> std::io::Result<()> {
        let mut json = serde_json::to_vec_pretty(summary)?;
        json.push(b'\n');
        match self {
            Self::Stdout => std::io::stdout().lock().write_all(&json),
            Self::File(path) if is_special(path) => {
                OpenOptions::new().write(true).open(path)?.write_all(&json)
            }
            Self::File(path) => {
                let mut file = temporary_beside(path)?;
                file.write_all(&json)?;
                // A file that is a mount point of its own, as one given to a container, cannot be replaced.
                file.persist(path).map(drop).or_else(|_| std::fs::write(path, &json))
            }
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

/// Whether `path` is a device or a pipe. It is written to: a file put in its place would take it from everybody.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// A temporary file in the folder of `path`, readable as any new file is: a summary is no secret.
fn temporary_beside(path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(".summary-").permissions(permissions).tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        let target: SummaryTarget = path.to_str().unwrap().parse().unwrap();
        target.check().unwrap();
        assert!(!path.exists(), "a check leaves nothing behind");
        target.write(&[1, 2]).unwrap();
        target.write(&[3]).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[\n  3\n]\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_device_is_written_to_and_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        let target = SummaryTarget::File(path.clone());
        target.check().unwrap();
        target.write(&[1]).unwrap();
        assert!(is_special(&path), "replaced by a file");
    }

    #[test]
    fn a_folder_is_no_target() {
        let folder = tempfile::tempdir().unwrap();
        let error = SummaryTarget::File(folder.path().into()).check().unwrap_err();
        assert!(error.to_string().ends_with("is a directory"), "{error}");
    }

    #[test]
    fn a_target_that_cannot_be_is_refused_by_name() {
        let error = SummaryTarget::File("/does/not/exist.json".into()).check().unwrap_err();
        assert!(
            error.to_string().starts_with("cannot write the summary to /does/not/exist.json: "),
            "{error}"
        );
    }
}
