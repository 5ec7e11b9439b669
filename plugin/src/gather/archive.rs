//! A compressed archive in memory.

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

/// What one file may have at most: logs are cut to less.
const LARGEST: usize = 16 << 20;

/// Files in one folder.
pub(crate) struct Archive {
    builder: Builder<GzEncoder<Vec<u8>>>,
    folder: String,
    seconds: u64,
}

impl Archive {
    /// An empty one; all files are in `folder`, and of the time `seconds` since 1970.
    pub(crate) fn new(folder: &str, seconds: u64) -> Self {
        let encoder = GzEncoder::new(Vec::new(), Compression::default());
        Self { builder: Builder::new(encoder), folder: folder.to_owned(), seconds }
    }

    /// Adds a file; of one that is too long, its end.
    ///
    /// # Errors
    /// Where the path is too long for an archive.
    pub(crate) fn add(&mut self, path: &str, contents: &str) -> io::Result<()> {
        let start = contents.len().saturating_sub(LARGEST);
        let bytes = &contents.as_bytes()[start..];
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(self.seconds);
        self.builder.append_data(&mut header, format!("{}/{path}", self.folder), bytes)
    }

    /// The archive's bytes.
    ///
    /// # Errors
    /// None that a buffer in memory has.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        self.builder.into_inner()?.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let mut archive = Archive::new("ballsession-harbor", 1_767_225_600);
        archive.add("session.yaml", "kind: BallSession\n").unwrap();
        archive.add(&format!("logs/{}.log", "x".repeat(150)), "").unwrap();
        let bytes = archive.finish().unwrap();
        let mut read = tar::Archive::new(GzDecoder::new(&bytes[..]));
        let files: Vec<(String, u64, String)> = read
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                (entry.path().unwrap().display().to_string(), entry.header().mtime().unwrap(), text)
            })
            .collect();
        assert_eq!(
            files[0],
            ("ballsession-harbor/session.yaml".into(), 1_767_225_600, "kind: BallSession\n".into())
        );
        assert_eq!(files[1].0, format!("ballsession-harbor/logs/{}.log", "x".repeat(150)));
        assert_eq!(files.len(), 2);
    }
}
