//! Session after session, until it is time to end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backoff::{Backoff, Jitter};
use preview::Preview;
use process::{Console, Exit, Http, Stop, SummaryTarget};
use report::ErrorCode;
use report::sender::Pace;
use signaling::{DialError, dial_until};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::page;
use crate::report_source;
use crate::session::{self, Context, Ended};
use crate::status::Status;
use crate::tally::Tally;

/// Pauses between attempts to connect: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// A supervisor starts server and clients together: so long after its start, a client that connects again anyway counts
/// a server that is not there yet as no error.
const START_GRACE: Duration = Duration::from_secs(5);

/// Why the client stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Signal(Stop),
    DurationOver,
    NoMedia,
}

/// Runs the client to its end.
///
/// # Errors
/// Where it cannot run, got no media, or cannot write its summary.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    // One thread for all that waits; decoding has its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(client(arguments));
    // A name lookup may hang in a thread of the system's.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

async fn client(arguments: Arguments) -> anyhow::Result<Exit> {
    let target = arguments.summary.clone();
    if let Some(target) = &target {
        target.check()?;
    }
    let signals = process::stop_signals()?;
    let console = Console::start(target == Some(SummaryTarget::Stdout), arguments.duration)?;
    let started = Instant::now();
    let server = arguments.server.to_string();
    let tally = Arc::new(Tally::new(arguments.id(), server, started, jiff::Timestamp::now()));
    let line = {
        let tally = Arc::clone(&tally);
        move || report_source::line(&tally)
    };
    let reports = arguments.reporting.start(Pace::CLIENT, Arc::<Tally>::clone(&tally), line, tally.news());
    let preview = arguments.http.map(|_| Preview::start()).transpose()?;
    let http = match arguments.http.zip(preview.clone()) {
        Some((address, preview)) => {
            let pages = page::router().merge(preview.router());
            let status = Status { tally: Arc::clone(&tally), posts: reports.posts(), preview };
            Some(Http::serve(address, Arc::new(status), pages).await?)
        }
        None => None,
    };
    if let Some(http) = &http {
        console.line(format!("HTTP on {}", http.address()));
    }

    let (duration, patience) = (arguments.duration, arguments.patience());
    let context = Context {
        arguments,
        tally: Arc::clone(&tally),
        console: console.clone(),
        preview,
        stop: CancellationToken::new(),
    };
    let sessions = sessions(&context, started);
    let reason = reason(signals, &tally, duration, patience, started);
    tokio::pin!(sessions, reason);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut stopped = None;
    let ended = loop {
        tokio::select! {
            ended = &mut sessions => break ended,
            why = &mut reason, if stopped.is_none() => {
                stopped = Some(why);
                context.stop.cancel();
            }
            _ = second.tick() => show(&tally, &console),
        }
    };
    console.end_progress();

    let summary = tally.summary(Instant::now());
    console.line(format!(
        "{} frames received: {} with the ball, {} without, {} undecodable",
        summary.frames.received,
        summary.frames.detected,
        summary.frames.undetected,
        summary.frames.undecodable
    ));
    console.flush();
    let written = target.as_ref().map_or(Ok(()), |target| target.write(&summary));
    reports.finish().await;
    written?;
    ended?;
    match stopped {
        Some(Reason::Signal(Stop::Terminate)) => Ok(Exit::Terminated),
        Some(Reason::NoMedia) => anyhow::bail!("no media{}", last_error(&summary)),
        Some(Reason::Signal(Stop::Interrupt) | Reason::DurationOver) | None => Ok(Exit::Done),
    }
}

/// Connects and runs sessions until told to stop, or until one ends for good.
async fn sessions(context: &Context, started: Instant) -> anyhow::Result<()> {
    let Context { arguments, tally, stop, .. } = context;
    let mut backoff = Backoff::new(PAUSES.0, PAUSES.1, Jitter::Half)?;
    loop {
        tally.dialling(Instant::now());
        // Without a deadline of its own: whoever loses patience stops everything.
        let dialled = dial_until(&arguments.server, &mut backoff, None, |error, _pause| {
            let code = match error {
                DialError::ResolveFailed { .. } => ErrorCode::ResolveFailed,
                DialError::ConnectFailed { .. } => ErrorCode::ConnectFailed,
            };
            if arguments.reconnect && started.elapsed() < START_GRACE {
                tracing::info!(%error, "the server is not there yet");
            } else {
                tally.error(code, &error.to_string());
            }
        });
        let connection = tokio::select! {
            dialled = dialled => dialled?,
            () = stop.cancelled() => return Ok(()),
        };
        let before = tally.last_decoded();
        match session::run(context, connection).await? {
            Ended::Stopped => return Ok(()),
            Ended::Bye if !arguments.reconnect => return Ok(()),
            Ended::Bye => {}
            Ended::Lost => tally.error(ErrorCode::PeerLost, "the server is gone without a bye"),
            Ended::Failed { code, message } => tally.error(code, &message),
        }
        if tally.last_decoded() > before {
            backoff.reset();
        }
        let pause = backoff.next_delay(fastrand::f64());
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
        tracing::info!(after = ?started.elapsed(), "connecting again");
    }
}

/// Waits for whatever makes the client stop.
async fn reason(
    mut signals: watch::Receiver<Option<Stop>>,
    tally: &Tally,
    duration: Option<Duration>,
    patience: Option<Duration>,
    started: Instant,
) -> Reason {
    let signal = async {
        match signals.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(stop)) => stop,
            // The watcher lives as long as the process.
            _ => std::future::pending().await,
        }
    };
    let over = async {
        let Some(duration) = duration else { return std::future::pending().await };
        let mut first_decoded = tally.first_decoded();
        let first = first_decoded.wait_for(Option::is_some).await.map(|first| *first);
        match first {
            Ok(Some(first)) => tokio::time::sleep_until((first + duration).into()).await,
            _ => std::future::pending().await,
        }
    };
    let impatient = async {
        let Some(patience) = patience else { return std::future::pending().await };
        loop {
            let deadline = tally.last_decoded().unwrap_or(started) + patience;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline.into()).await;
        }
    };
    tokio::select! {
        stop = signal => Reason::Signal(stop),
        () = over => Reason::DurationOver,
        () = impatient => Reason::NoMedia,
    }
}

/// The line of the second.
fn show(tally: &Tally, console: &Console) {
    let now = Instant::now();
    if let Some(first) = *tally.first_decoded().borrow() {
        console.progress(now.saturating_duration_since(first));
    }
    if let Some((position, confidence)) = tally.last_position().filter(|_| tally.is_fresh(now)) {
        console.line(format!("ball at ({:.2}, {:.2}), confidence {confidence:.2}", position.x, position.y));
    }
}

fn last_error(summary: &report::ClientSummary) -> String {
    let last = summary.errors.iter().max_by_key(|error| error.last_seen);
    last.map_or_else(String::new, |error| format!(": {}: {}", error.code, error.message))
}
