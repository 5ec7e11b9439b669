//! Logs go to stderr, so that stdout is the program's own.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Writes `tracing` to stderr: what `RUST_LOG` asks for, else warnings, or with `verbose` also what happens. The WebRTC
/// stack logs harmless things as errors (a first packet before its handshake), so it only speaks when `RUST_LOG` says.
pub fn log_to_stderr(verbose: bool) {
    let default = if verbose { "info,rtc=off,webrtc=off" } else { "warn,rtc=off,webrtc=off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
