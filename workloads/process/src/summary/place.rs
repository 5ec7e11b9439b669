//! What there is at a path, and how it is written to: what others hold open, or have put there, stays what it is.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// As many links as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Where a path leads.
#[derive(Debug)]
pub(super) enum Place {
    /// Nothing is there yet.
    New(PathBuf),
    /// A file.
    Existing(PathBuf, Metadata),
    /// A device, a pipe, or what a process has open: a file in its place would take it from everybody.
    Stream(PathBuf),
}

impl Place {
    /// Follows links.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let metadata = match path.symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::New(path)),
                Err(error) => return Err(error),
            };
            let kind = metadata.file_type();
            if kind.is_dir() {
                return Err(Error::new(ErrorKind::IsADirectory, "is a directory"));
            }
            if kind.is_file() {
                return Ok(Self::Existing(path, metadata));
            }
            if !kind.is_symlink() || leads_to_a_descriptor(&path) {
                return Ok(Self::Stream(path));
            }
            // A relative link begins in its own folder; an absolute one replaces it.
            path = parent(&path).join(path.read_link()?);
        }
        Err(Error::other("its links lead nowhere"))
    }

    /// Whether it can be written to, as far as that can be found out without writing.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::New(path) => temporary_beside(path).map(drop),
            Self::Existing(path, _) => temporary_beside(path).map(drop).or_else(|_| open(path).map(drop)),
            // To open a pipe is to wait for its other end.
            Self::Stream(_) => Ok(()),
        }
    }

    /// Writes all of it. A file is replaced as a whole where its folder, its mode and its owner allow that.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::New(path) => {
                let mut file = temporary_beside(path)?;
                file.write_all(bytes)?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
            Self::Existing(path, before) => match successor(path, before) {
                Ok(mut file) => {
                    // Where that fails, as on a full disk, the old one stays whole.
                    file.write_all(bytes)?;
                    file.persist(path).map(drop).or_else(|_| overwrite(path, bytes))
                }
                Err(_) => overwrite(path, bytes),
            },
            // Where stdout is a file, there is something in it already.
            Self::Stream(path) => OpenOptions::new().append(true).open(path)?.write_all(bytes),
        }
    }
}

/// Whether the link at `path` is one to what a process has open: those are in /proc, and some in /dev lead there.
fn leads_to_a_descriptor(path: &Path) -> bool {
    parent(path).canonicalize().is_ok_and(|folder| folder.starts_with("/proc") || folder == Path::new("/dev"))
}

/// The folder of `path`.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Writes in place, to a file that cannot be replaced: it is a mount point of its own, or its folder is not to be written to.
fn overwrite(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = open(path)?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

/// A new file that can take the place of one that is there: with its owner and its mode.
fn successor(path: &Path, before: &Metadata) -> Result<NamedTempFile> {
    let file = temporary_beside(path)?;
    let now = file.as_file().metadata()?;
    if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
        fchown(file.as_file(), Some(before.uid()), Some(before.gid()))?;
    }
    file.as_file().set_permissions(before.permissions())?;
    Ok(file)
}

/// A temporary file in the folder of `path`, readable as any new file is: a summary is no secret.
fn temporary_beside(path: &Path) -> Result<NamedTempFile> {
    let permissions = std::fs::Permissions::from_mode(0o666);
    parent(path).metadata()?;
    let made =
        tempfile::Builder::new().prefix(".summary-").permissions(permissions).tempfile_in(parent(path));
    // The path that it names is of a file that nobody asked for.
    made.map_err(|error| error.kind().into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(path: &Path, text: &str) -> Result<()> {
        let place = Place::of(path)?;
        place.check()?;
        place.write(text.as_bytes())
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        Place::of(&path).unwrap().check().unwrap();
        assert!(!path.exists(), "a check leaves nothing behind");
        write(&path, "a longer text").unwrap();
        let inode = path.metadata().unwrap().ino();
        write(&path, "new").unwrap();
        assert_ne!(path.metadata().unwrap().ino(), inode);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// L11.
    #[test]
    fn a_link_is_followed_and_mode_and_owner_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        std::fs::write(&file, "before").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink("file", &link).unwrap();
        let owner = (file.metadata().unwrap().uid(), file.metadata().unwrap().gid());
        write(&link, "new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(mode(&file), 0o600);
        assert_eq!((file.metadata().unwrap().uid(), file.metadata().unwrap().gid()), owner);
        // One that leads to nothing yet.
        std::fs::remove_file(&file).unwrap();
        write(&link, "again").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "again");
        symlink("circle", folder.path().join("circle")).unwrap();
        assert!(write(&folder.path().join("circle"), "x").unwrap_err().to_string().contains("nowhere"));
    }

    /// L3: as /dev/stdout, which is a link to what the process has open.
    #[test]
    fn what_is_open_already_is_written_to_and_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("stdout"), folder.path().join("file"));
        std::fs::write(&file, "lines before\n").unwrap();
        let open = OpenOptions::new().append(true).open(&file).unwrap();
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&open);
        symlink(format!("/proc/self/fd/{descriptor}"), &link).unwrap();
        let inode = file.metadata().unwrap().ino();
        write(&link, "json\n").unwrap();
        write(Path::new(&format!("/dev/fd/{descriptor}")), "more\n").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "lines before\njson\nmore\n");
        assert_eq!(file.metadata().unwrap().ino(), inode);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        let null = folder.path().join("null");
        symlink("/dev/null", &null).unwrap();
        write(&null, "x").unwrap();
        assert!(!null.metadata().unwrap().is_file(), "replaced by a file");
    }
}
