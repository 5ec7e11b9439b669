//! What a person sees while it runs.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Lines that may wait for a terminal that was stopped, or a pipe that nobody reads; further ones are left out.
const QUEUE: usize = 4096;

/// How long the end of the program waits for the last lines to be taken.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// Lines, and on a terminal a bar below them when the end is known. Printing never waits: a thread of its own writes.
#[derive(Clone)]
pub struct Console {
    prints: SyncSender<Print>,
}

enum Print {
    Line(String),
    Progress(Duration),
    EndProgress,
    Flush(std::sync::mpsc::Sender<()>),
}

impl Console {
    /// Writes to stdout, or to stderr where stdout is kept for the summary. `duration` is the length of the run.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn start(to_stderr: bool, duration: Option<Duration>) -> std::io::Result<Self> {
        let (prints, queue) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("console".into())
            .spawn(move || print(&queue, to_stderr, duration))?;
        Ok(Self { prints })
    }

    /// Prints a line.
    pub fn line(&self, line: impl Into<String>) {
        self.print(Print::Line(line.into()));
    }

    /// Moves the bar.
    pub fn progress(&self, elapsed: Duration) {
        self.print(Print::Progress(elapsed));
    }

    /// Takes the bar away.
    pub fn end_progress(&self) {
        self.print(Print::EndProgress);
    }

    /// Waits until all lines so far are written, but not for ever.
    pub fn flush(&self) {
        let (flushed, is_flushed) = channel();
        self.print(Print::Flush(flushed));
        let _ = is_flushed.recv_timeout(FLUSH_LIMIT);
    }

    fn print(&self, print: Print) {
        match self.prints.try_send(print) {
            // Whoever does not read does not want to know.
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

fn print(queue: &Receiver<Print>, to_stderr: bool, duration: Option<Duration>) {
    let mut output: Box<dyn Write> =
        if to_stderr { Box::new(std::io::stderr()) } else { Box::new(std::io::stdout()) };
    let bar = bar(to_stderr, duration);
    while let Ok(print) = queue.recv() {
        match print {
            // A closed pipe is the reader's choice.
            Print::Line(line) => match &bar {
                Some(bar) => drop(bar.suspend(|| writeln!(output, "{line}"))),
                None => drop(writeln!(output, "{line}")),
            },
            Print::Progress(elapsed) => bar.iter().for_each(|bar| bar.set_position(elapsed.as_secs())),
            Print::EndProgress => bar.iter().for_each(ProgressBar::finish_and_clear),
            Print::Flush(flushed) => {
                let _ = output.flush();
                let _ = flushed.send(());
            }
        }
    }
}

fn bar(to_stderr: bool, duration: Option<Duration>) -> Option<ProgressBar> {
    let is_terminal =
        if to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
    let duration = duration.filter(|_| is_terminal)?;
    let target = if to_stderr { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::stdout() };
    let bar = ProgressBar::with_draw_target(Some(duration.as_secs().max(1)), target);
    // A template that does not parse would only cost the bar's style.
    if let Ok(style) = ProgressStyle::with_template("[{bar:40}] {pos}/{len} s") {
        bar.set_style(style.progress_chars("=> "));
    }
    Some(bar)
}
