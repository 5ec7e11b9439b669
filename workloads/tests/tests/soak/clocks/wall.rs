//! A wall clock of a program's own, which can be set: libfaketime, by a file that it reads once a second.

use std::path::PathBuf;

use tempfile::TempDir;

/// Where Debian has it, below the folder of the machine's libraries.
const LIBRARIES: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketime.so.1";

/// By how much a program's wall clock is wrong.
pub(crate) struct WallClock {
    folder: TempDir,
    library: PathBuf,
}

impl WallClock {
    /// One that is right.
    pub(crate) fn new() -> Self {
        let folders = std::fs::read_dir(LIBRARIES).unwrap();
        let library = folders.map(|folder| folder.unwrap().path().join(LIBRARY)).find(|path| path.exists());
        let library = library.expect("libfaketime is missing: `make soak CLOCK=steps` installs it");
        let clock = Self { folder: tempfile::tempdir().unwrap(), library };
        clock.set(0);
        clock
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// What a program's environment needs for it. Of its other clocks none is changed.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("LD_PRELOAD", self.library.to_str().unwrap().into()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().to_str().unwrap().into()),
            ("FAKETIME_CACHE_DURATION", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    /// Sets it so many seconds before the real time, or behind it.
    pub(crate) fn set(&self, seconds: i64) {
        let next = self.folder.path().join("next");
        std::fs::write(&next, format!("{seconds:+}\n")).unwrap();
        std::fs::rename(next, self.file()).unwrap();
    }
}
