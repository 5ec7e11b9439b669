//! What goes to stdout. Whoever reads it may have closed it: that is no failure of the command.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// Writes a text as it is.
///
/// # Errors
/// Where stdout takes nothing any more, although somebody reads it.
pub(super) fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}
