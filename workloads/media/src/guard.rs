//! Keeps a panic over what one peer sent to that peer.
//!
//! The WebRTC stack panics on some of what a connected peer may send: an SCTP error cause that claims to be longer than
//! its chunk is a single datagram, and would end the thread that drives all sessions. Whatever touches one peer's
//! connection therefore runs under a guard. The connection is in no known state after a panic: it is only dropped, and
//! that under a guard too.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

/// Longest text of a panic that is passed on, in characters: it may quote what the peer sent.
const MAX_TEXT: usize = 200;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: Cell<Option<Panicked>> = const { Cell::new(None) };
}

/// A panic that a guard caught: what it said and where it was, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Panicked(String);

/// Does something with one peer's connection.
///
/// A panic under the guard prints nothing: whoever gets the error says what it ended.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    keep_guarded_panics_quiet();
    let outer = IS_GUARDED.replace(true);
    // Unwind safe, as what the work had hold of is not used any more.
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(outer);
    done.map_err(|_| LAST_PANIC.take().unwrap_or_else(|| Panicked("no message".to_owned())))
}

/// All other panics are reported as before.
fn keep_guarded_panics_quiet() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if IS_GUARDED.get() {
                LAST_PANIC.set(Some(describe(panic)));
            } else {
                report(panic);
            }
        }));
    });
}

fn describe(panic: &PanicHookInfo<'_>) -> Panicked {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect();
    Panicked(match panic.location() {
        Some(location) => format!("{text} ({}:{})", without_machine(location.file()), location.line()),
        None => text,
    })
}

/// A source file's path from its crate's folder on; what is before that belongs to the machine that compiled it.
fn without_machine(file: &str) -> &str {
    let Some(src) = file.rfind("/src/") else { return file };
    file[..src].rfind('/').map_or(file, |folder| &file[folder + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_one_line_with_its_place() {
        let said = guarded(|| panic!("line\n\u{1b}[2J{}", "x".repeat(1000))).unwrap_err().to_string();
        assert!(said.starts_with("line  [2Jxxx") && said.len() < 300, "{said}");
        assert!(said.contains("media/src/guard.rs:"), "{said}");
        assert_eq!(guarded(|| 7), Ok(7));
    }

    #[test]
    fn an_error_that_is_thrown_without_text_is_caught_too() {
        assert!(guarded(|| std::panic::panic_any(7)).unwrap_err().to_string().starts_with("no message ("));
    }

    #[test]
    fn paths_begin_at_the_crate() {
        let file = "/home/me/.cargo/registry/src/index/rtc-sctp-0.21.1/src/chunk/mod.rs";
        assert_eq!(without_machine(file), "rtc-sctp-0.21.1/src/chunk/mod.rs");
        assert_eq!(without_machine("src/guard.rs"), "src/guard.rs");
    }
}
