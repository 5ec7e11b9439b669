//! Files that others replace while the process runs, read anew for each post.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::small_file::{SmallFileError, read_small_file};

/// The text of a file of at most `most` bytes, without blanks around it.
///
/// # Errors
/// Where it cannot be read, is longer, or has nothing in it.
pub(super) async fn read(path: PathBuf, most: u64) -> io::Result<String> {
    // A file system may hang, and media must not hang with it.
    let read = tokio::task::spawn_blocking(move || read_small_file(&path, most));
    let text = read.await.map_err(io::Error::other)?.map_err(|error| match error {
        SmallFileError::Io(error) => error,
        error => io::Error::new(ErrorKind::InvalidData, error),
    })?;
    match text.trim() {
        "" => Err(io::Error::new(ErrorKind::InvalidData, "it is empty")),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_file_with_something_in_it_will_do_and_not_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let of = |content: &str| {
            std::fs::write(&path, content).unwrap();
            read(path.clone(), 8)
        };
        assert_eq!(of(" abc.de\n").await.unwrap(), "abc.de");
        assert_eq!(of(" \n").await.unwrap_err().to_string(), "it is empty");
        assert_eq!(of("123456789").await.unwrap_err().to_string(), "it has more than 8 bytes");
        assert_eq!(read(folder.path().into(), 8).await.unwrap_err().to_string(), "it is no file");
        assert_eq!(read("/missing".into(), 8).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
