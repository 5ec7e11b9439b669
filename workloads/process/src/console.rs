//! What a person sees while it runs.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Lines, and on a terminal a bar below them when the end is known.
#[derive(Clone)]
pub struct Console {
    inner: Arc<Inner>,
}

struct Inner {
    to_stderr: bool,
    progress: Option<ProgressBar>,
}

impl Console {
    /// Writes to stdout, or to stderr where stdout is kept for the summary. `duration` is the length of the run.
    pub fn new(to_stderr: bool, duration: Option<Duration>) -> Self {
        let is_terminal =
            if to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        let progress = duration.filter(|_| is_terminal).map(|duration| {
            let target = if to_stderr { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::stdout() };
            let bar = ProgressBar::with_draw_target(Some(duration.as_secs().max(1)), target);
            // A template that does not parse would only cost the looks.
            if let Ok(style) = ProgressStyle::with_template("[{bar:40}] {pos}/{len} s") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        Self { inner: Arc::new(Inner { to_stderr, progress }) }
    }

    /// Prints a line. Whoever closed the other end does not want to read it.
    pub fn line(&self, line: &str) {
        let write = || {
            if self.inner.to_stderr {
                let _ = writeln!(std::io::stderr().lock(), "{line}");
            } else {
                let _ = writeln!(std::io::stdout().lock(), "{line}");
            }
        };
        match &self.inner.progress {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Moves the bar.
    pub fn progress(&self, elapsed: Duration) {
        if let Some(bar) = &self.inner.progress {
            bar.set_position(elapsed.as_secs());
        }
    }

    /// Takes the bar away.
    pub fn end_progress(&self) {
        if let Some(bar) = &self.inner.progress {
            bar.finish_and_clear();
        }
    }
}
