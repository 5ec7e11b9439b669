//! What goes to stderr: logs, and why the program ends. One queue for both keeps their order, and nobody waits for
//! whoever does not read.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::lines::Lines;

/// How long the end of the program waits for the last lines to be taken.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

static STDERR: OnceLock<Option<Lines>> = OnceLock::new();

/// The queue; `None` where there is no thread to be had.
fn stderr() -> Option<&'static Lines> {
    STDERR.get_or_init(|| Lines::start("stderr", std::io::stderr()).ok()).as_ref()
}

/// Writes `line` to stderr, behind what was logged, and waits for it for a moment.
pub fn print_last(line: &str) {
    match stderr() {
        Some(lines) => lines.last_line(format!("{line}\n").into_bytes(), FLUSH_LIMIT),
        None => eprintln!("{line}"),
    }
}

/// Waits for what was logged to be written, but not for ever.
pub fn flush() {
    stderr().inspect(|lines| lines.flush(FLUSH_LIMIT));
}

/// Takes whole events, as `tracing` writes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events;

/// One event on its way.
pub(crate) struct Event(Vec<u8>);

impl MakeWriter<'_> for Events {
    type Writer = Event;

    fn make_writer(&self) -> Event {
        Event(Vec::new())
    }
}

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.0);
        match stderr() {
            _ if line.is_empty() => {}
            Some(lines) => lines.line(line),
            None => drop(std::io::stderr().write_all(&line)),
        }
    }
}
