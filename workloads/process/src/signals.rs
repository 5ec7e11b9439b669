//! SIGTERM and SIGINT: the first asks for an orderly end, the second one ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Which signal asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT: somebody at a terminal.
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
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        let first = next(&mut interrupt, &mut terminate).await;
        tracing::info!(signal = ?first, "stop requested");
        sender.send_replace(Some(first));
        let second = next(&mut interrupt, &mut terminate).await;
        eprintln!("a second signal: ending at once");
        std::process::exit(match second {
            Stop::Interrupt => 130,
            Stop::Terminate => 143,
        });
    });
    Ok(receiver)
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> Stop {
    tokio::select! {
        _ = interrupt.recv() => Stop::Interrupt,
        _ = terminate.recv() => Stop::Terminate,
    }
}
