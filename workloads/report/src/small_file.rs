//! Small files that others write, and replace while the process runs: tokens, passwords, authorities, addresses.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why such a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum SmallFileError {
    /// The system does not let it be read, or it is no text.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a folder, a pipe or a device.
    #[error("it is no file")]
    NoFile,
    /// It has more bytes than anything that it may be.
    #[error("it has more than {most} bytes")]
    TooLong {
        /// What is allowed.
        most: u64,
    },
}

/// The text of a file of at most `most` bytes. It blocks for as long as the file system does.
///
/// # Errors
/// Where it cannot be read, is no regular file, or is longer.
pub fn read_small_file(path: &Path, most: u64) -> Result<String, SmallFileError> {
    // Opening a pipe would wait for its other end.
    if !path.metadata()?.is_file() {
        return Err(SmallFileError::NoFile);
    }
    let mut text = String::new();
    File::open(path)?.take(most + 1).read_to_string(&mut text)?;
    if text.len() as u64 > most {
        return Err(SmallFileError::TooLong { most });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_is_read_and_not_too_much_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        let read = |path| read_small_file(path, 8).map_err(|error| error.to_string());
        std::fs::write(&file, " abc.de\n").unwrap();
        assert_eq!(read(&file).unwrap(), " abc.de\n");
        std::fs::write(&file, "123456789").unwrap();
        assert_eq!(read(&file).unwrap_err(), "it has more than 8 bytes");
        assert_eq!(read(folder.path()).unwrap_err(), "it is no file");
        // Nobody opens its other end.
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe).unwrap_err(), "it is no file");
        let missing = read_small_file(&folder.path().join("missing"), 8).unwrap_err();
        assert!(matches!(missing, SmallFileError::Io(error) if error.kind() == io::ErrorKind::NotFound));
    }
}
