//! Session after session, until it is time to end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backoff::{Backoff, Jitter};
use preview::Preview;
use process::{Console, Exit, Heartbeat, Http, Stop, SummaryTarget};
use report::ErrorCode;
use report::sender::Pace;
use signaling::{DialError, Family, dial_until};
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::counters::Counters;
use crate::failure;
use crate::next_family::next_family;
use crate::page;
use crate::report_source;
use crate::session::{self, Context, Ended};
use crate::status_source::ClientStatus;
use crate::stopping::{Limits, Reason, reason};

/// Pauses between attempts to connect: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// A supervisor starts server and clients together: so long after its start, a client that connects again anyway counts
/// a server that is not there yet as no error.
const START_GRACE: Duration = Duration::from_secs(5);

/// Runs the client to its end.
///
/// # Errors
/// Where it cannot run, got no media, or cannot write its summary.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let target = arguments.summary.clone();
    if let Some(target) = &target {
        target.check()?;
    }
    let signals = process::stop_signals()?;
    let console = Console::start(target == Some(SummaryTarget::Stdout), arguments.duration)?;
    let started = Instant::now();
    let server = arguments.server.to_string();
    let counters = Arc::new(Counters::new(arguments.id(), server, started, jiff::Timestamp::now()));
    let line = {
        let counters = Arc::clone(&counters);
        move || report_source::line(&counters)
    };
    let reports =
        arguments.reporting.start(Pace::CLIENT, Arc::<Counters>::clone(&counters), line, counters.changes());
    let preview = arguments.http.map(|_| Preview::start()).transpose()?;
    let http = match arguments.http.zip(preview.clone()) {
        Some((address, preview)) => {
            let pages = page::router().merge(preview.router());
            let status = ClientStatus { counters: Arc::clone(&counters), posts: reports.posts(), preview };
            Some(Http::serve(address, Arc::new(status), pages, arguments.http_hosts.clone()).await?)
        }
        None => None,
    };
    if let Some(http) = &http {
        console.line(format!("HTTP on {}", http.address()));
    }

    let limits = Limits {
        started,
        duration: arguments.duration,
        give_up_after: arguments.give_up_after(),
        posts: reports.untaken(),
    };
    let context = Context {
        arguments,
        counters: Arc::clone(&counters),
        console: console.clone(),
        preview,
        stop: CancellationToken::new(),
    };
    let sessions = sessions(&context, started);
    let reason = reason(signals, &counters, limits);
    tokio::pin!(sessions, reason);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let heartbeat = tokio::spawn(watch_heartbeat(Arc::clone(&counters)));
    let mut stopped = None;
    let ended = loop {
        tokio::select! {
            ended = &mut sessions => break ended,
            why = &mut reason, if stopped.is_none() => {
                stopped = Some(why);
                context.stop.cancel();
            }
            _ = second.tick() => print_state(&counters, &console),
        }
    };
    heartbeat.abort();
    console.end_progress();

    let summary = counters.summary(Instant::now());
    console.line(format!(
        "{} frames received: {} with the ball, {} without, {} undecodable",
        summary.frames.received,
        summary.frames.detected,
        summary.frames.undetected,
        summary.frames.undecodable
    ));
    console.flush();
    let written = match &target {
        Some(target) => target.write(&summary).await,
        None => Ok(()),
    };
    let why_untaken = reports.untaken().map(|posts| posts.why()).unwrap_or_default();
    reports.finish().await;
    written?;
    ended?;
    let received = counters.transport();
    match stopped {
        Some(Reason::Signal(Stop::Terminate)) => Ok(Exit::Terminated),
        Some(Reason::Signal(Stop::Interrupt) | Reason::DurationOver) => Ok(Exit::Done),
        None if summary.frames.decoded > 0 => Ok(Exit::Done),
        Some(Reason::NoMedia) => anyhow::bail!(failure::no_media(&summary, &received)),
        Some(Reason::Unheard) => {
            anyhow::bail!(failure::unheard(&summary, &received, counters.last_decoded_at(), &why_untaken))
        }
        None => anyhow::bail!(failure::bye_before_media(&summary, &received)),
    }
}

/// Notes how late the process is, and whether media is missing: a task of its own, as nothing else in the program has to be
/// looked at ten times a second.
async fn watch_heartbeat(counters: Arc<Counters>) {
    let mut heartbeat = Heartbeat::start();
    loop {
        let late = heartbeat.tick().await;
        let now = Instant::now();
        counters.beat(late, now);
        counters.check_media(now);
    }
}

/// Connects and runs sessions until cancelled, or until one ends for good.
async fn sessions(context: &Context, started: Instant) -> anyhow::Result<()> {
    let Context { arguments, counters, stop, .. } = context;
    let mut backoff = Backoff::new(PAUSES.0, PAUSES.1, Jitter::Half)?;
    let mut family = None;
    loop {
        counters.dialling(Instant::now());
        // Without a deadline of its own: whoever gives up stops everything.
        let dialled = dial_until(&arguments.server, family, &mut backoff, None, |error, _pause| {
            let (code, may_pass) = match error {
                DialError::ResolveFailed { .. } => (ErrorCode::ResolveFailed, true),
                DialError::ConnectFailed { .. } => (ErrorCode::ConnectFailed, true),
                // That is no server which is not there yet.
                DialError::ResolverSilent { .. } => (ErrorCode::ResolveFailed, false),
            };
            if may_pass && arguments.reconnect && started.elapsed() < START_GRACE {
                tracing::info!(%error, "server not reachable yet");
            } else {
                counters.error(code, &error.to_string());
            }
        });
        let connection = tokio::select! {
            dialled = dialled => dialled?,
            () = stop.cancelled() => return Ok(()),
        };
        let before = counters.last_decoded();
        let dialled = Family::of(connection.peer_addr());
        let ended = session::run(context, connection).await?;
        family = Some(next_family(dialled, &ended));
        match ended {
            Ended::Stopped => return Ok(()),
            Ended::Bye if !arguments.reconnect => return Ok(()),
            Ended::Bye => {}
            Ended::Lost(_) => counters.error(ErrorCode::PeerLost, &counters.why_lost()),
            Ended::Failed { code, message } => counters.error(code, &message),
        }
        if counters.last_decoded() > before {
            backoff.reset();
        }
        let pause = backoff.next_delay(fastrand::f64());
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
        tracing::info!(after = ?started.elapsed(), "reconnecting");
    }
}

/// Prints where the ball is, once a second.
fn print_state(counters: &Counters, console: &Console) {
    let now = Instant::now();
    if let Some(first) = *counters.first_decoded().borrow() {
        console.progress(now.saturating_duration_since(first));
    }
    if let Some((position, confidence)) = counters.last_position().filter(|_| counters.is_fresh(now)) {
        console.line(format!("ball at ({:.2}, {:.2}), confidence {confidence:.2}", position.x, position.y));
    }
}
