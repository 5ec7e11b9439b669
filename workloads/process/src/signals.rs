//! SIGTERM, SIGINT and SIGHUP: the first asks for an orderly end, the second one ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::diagnostics;

/// Which signal asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT, or SIGHUP: somebody at a terminal, who may have closed it.
    Interrupt,
    /// SIGTERM: a supervisor.
    Terminate,
}

/// Watches for signals from now on: the value becomes `Some` with the first one. A second one ends the process
/// without any further ado, for whoever waits for an end that does not come.
///
/// # Errors
/// Where the handlers cannot be installed.
pub fn stop_signals() -> std::io::Result<watch::Receiver<Option<Stop>>> {
    let mut signals = Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
        hangup: if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
    };
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::info!(signal = ?first, "stop requested");
        sender.send_replace(Some(first));
        let second = signals.next().await;
        diagnostics::print_last("a second signal: ending at once");
        std::process::exit(match second {
            Stop::Interrupt => 130,
            Stop::Terminate => 143,
        });
    });
    Ok(receiver)
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where it is to change nothing.
    hangup: Option<Signal>,
}

impl Signals {
    async fn next(&mut self) -> Stop {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupt,
            _ = hangup => Stop::Interrupt,
            _ = self.terminate.recv() => Stop::Terminate,
        }
    }
}

/// Whether whoever started the process wants it to outlive its terminal, as `nohup` does. Where that cannot be found out, it
/// is left as it is.
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").map_or(true, |status| ignores_hangup(&status))
}

/// By the mask of ignored signals in proc_pid_status(5), whose lowest bit is signal 1, SIGHUP.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nohup_does_is_found_in_the_mask() {
        assert!(ignores_hangup("Name:\tserver\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("Name:\tserver\nSigIgn:\t0000000000001000\n"));
        assert!(ignores_hangup("Name:\tserver\n"), "unknown");
    }
}
