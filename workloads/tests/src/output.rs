//! What a program prints, collected while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::wait::eventually;

/// Where a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

type Lines = Arc<Mutex<Vec<(Stream, String)>>>;

/// The lines so far, and the threads that read on.
#[derive(Debug, Default)]
pub(crate) struct Output {
    lines: Lines,
    readers: Vec<JoinHandle<()>>,
}

impl Output {
    /// Reads `source` to its end.
    pub(crate) fn collect(&mut self, stream: Stream, source: impl Read + Send + 'static) {
        let lines = Arc::clone(&self.lines);
        self.readers.push(std::thread::spawn(move || {
            for line in BufReader::new(source).split(b'\n') {
                let Ok(line) = line else { return };
                lock(&lines).push((stream, String::from_utf8_lossy(&line).into_owned()));
            }
        }));
    }

    /// The first line so far that contains `text`.
    pub(crate) fn find(&self, text: &str) -> Option<String> {
        lock(&self.lines).iter().find(|(_, line)| line.contains(text)).map(|(_, line)| line.clone())
    }

    /// What went to `stream`.
    pub(crate) fn of(&self, stream: Stream) -> Vec<String> {
        let lines = lock(&self.lines);
        lines.iter().filter(|(to, _)| *to == stream).map(|(_, line)| line.clone()).collect()
    }

    /// The lines to the end: the program has exited, and the pipes close with it.
    pub(crate) fn finish(&self) {
        eventually("the program's pipes close", || {
            self.readers.iter().all(JoinHandle::is_finished).then_some(())
        });
    }
}

fn lock(lines: &Lines) -> MutexGuard<'_, Vec<(Stream, String)>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
