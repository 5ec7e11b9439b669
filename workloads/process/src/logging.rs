//! Logs go to stderr, so that stdout is the program's own.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::diagnostics::Events;

/// How an event is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people, with colours on a terminal.
    #[default]
    Text,
    /// A line that is a JSON object, for what collects logs. The fields of an event stand beside its message.
    Json,
}

/// Writes `tracing` to stderr: what `RUST_LOG` asks for, else warnings, or with `verbose` also what happens. Nobody waits
/// for whoever reads it. The WebRTC stack logs harmless things as errors (a first packet before its handshake), so it is silent unless `RUST_LOG` names it.
pub fn log_to_stderr(verbose: bool) {
    let default = if verbose { "info,rtc=off,webrtc=off" } else { "warn,rtc=off,webrtc=off" };
    log_to_stderr_as(LogFormat::Text, default);
}

/// Writes `tracing` to stderr: what `RUST_LOG` asks for, else what `default` does in the same notation.
///
/// # Panics
/// Where the process logs already.
pub fn log_to_stderr_as(format: LogFormat, default: &str) {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (filter, refused) = filter(variable("RUST_LOG").as_deref(), default);
    // What stands for a file or a pipe shows no colours, and who asks for none gets none (no-color.org).
    let is_plain = variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb");
    subscriber(format, filter, std::io::stderr().is_terminal() && !is_plain, Events).init();
    if let Some(refused) = refused {
        tracing::warn!("{refused}");
    }
}

/// The filter, and what is wrong with `asked` where it is none. An empty one asks for nothing (L14).
fn filter(asked: Option<&str>, default: &str) -> (EnvFilter, Option<String>) {
    match asked.map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (EnvFilter::new(default), Some(format!("RUST_LOG is left aside: {error}"))),
        None => (EnvFilter::new(default), None),
    }
}

fn subscriber(
    format: LogFormat,
    filter: EnvFilter,
    colours: bool,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Box<dyn Subscriber + Send + Sync> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => Box::new(builder.with_ansi(colours).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is written of a warning with a hostile value, and of an event that the filter keeps back.
    fn written(format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, EnvFilter::new("warn"), false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(session = "team/demo", reason = "a\n\"b\"", "not ready");
            tracing::info!("nobody asked");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_event_is_one_line_of_json_with_its_fields() {
        let text = written(LogFormat::Json);
        assert_eq!(text.lines().count(), 1, "{text}");
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&event["level"], &event["message"], &event["session"], &event["reason"]),
            (&"WARN".into(), &"not ready".into(), &"team/demo".into(), &"a\n\"b\"".into())
        );
        assert!(event["timestamp"].is_string(), "{event}");
    }

    #[test]
    fn an_event_is_one_line_for_people() {
        let text = written(LogFormat::Text);
        assert!(text.trim_end().ends_with(r#"not ready session="team/demo" reason="a\n\"b\"""#), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    /// L14.
    #[test]
    fn what_is_logged_is_what_was_asked_for_if_that_can_be() {
        assert_eq!(filter(Some("rtc=debug"), "warn").0.to_string(), "rtc=debug");
        assert_eq!(filter(None, "warn").0.to_string(), "warn");
        let (fallback, refused) = filter(Some("=loud="), "warn");
        assert_eq!(fallback.to_string(), "warn");
        assert!(refused.unwrap().starts_with("RUST_LOG is left aside: "));
    }
}
