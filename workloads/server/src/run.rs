//! Puts the parts together, waits for the end, and reports the result.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant};

use measure::{Numbers, Objectives, Settings, verdict};
use media::fanout::Fanout;
use preview::Preview;
use process::{Console, Exit, Http, SummaryTarget};
use report::Summary;
use report::sender::Pace;
use signaling::Listener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::huge_pages::HugePages;
use crate::media_events::start_fanout;
use crate::page::{self, Events, Viewers};
use crate::questions;
use crate::recorder::Recorder;
use crate::report_source;
use crate::session::{self, Context};
use crate::sessions::Sessions;
use crate::status_source::ServerStatus;
use crate::table::table;
use crate::video::{self, Camera, KeyframeRequests};

/// Connections at a time; further ones wait in the system's backlog.
const CONNECTIONS: NonZeroU16 = NonZeroU16::new(2048).expect("above zero");

/// How long all sessions together may take to end: last reports, and a bye to a peer that does not read.
const SESSIONS_END_LIMIT: Duration = Duration::from_secs(3);

/// Runs the server to its end.
///
/// # Errors
/// Where it cannot run, or cannot write its summary.
pub(crate) async fn run(
    arguments: Arguments,
    scene: scene::Settings,
    huge_pages: HugePages,
) -> anyhow::Result<Exit> {
    if let Some(target) = &arguments.summary {
        target.check()?;
    }
    let signals = process::stop_signals()?;
    let console = Console::start(arguments.summary == Some(SummaryTarget::Stdout), arguments.duration)?;
    let started = Instant::now();
    let recorder = Arc::new(Recorder::new(
        Settings {
            // Random in each process: its keys are.
            instance: format!("{:016x}", RandomState::new().build_hasher().finish()),
            size: scene.size,
            frames_per_second: arguments.fps,
            window: arguments.window,
            started,
            started_at: jiff::Timestamp::now(),
        },
        arguments.verbose.then(|| console.clone()),
    ));
    let sessions = Arc::new(Sessions::new(huge_pages));
    let keyframes = Arc::new(KeyframeRequests::default());
    let fanout = Arc::new(start_fanout(arguments.bitrate_kbps, &recorder, &sessions, &keyframes)?);
    let mut listener = Listener::bind(arguments.listen, CONNECTIONS).await?;
    let video = video::Settings {
        scene,
        background: arguments.background,
        frames_per_second: arguments.fps,
        bitrate_kbps: arguments.bitrate_kbps,
    };
    let preview = Preview::start()?;
    let camera = Arc::new(Camera::start(
        &video,
        Arc::clone(&fanout),
        Arc::clone(&recorder),
        Arc::clone(&sessions),
        keyframes,
        preview.clone(),
    )?);
    let line = {
        let recorder = Arc::clone(&recorder);
        move || report_source::line(&recorder)
    };
    let reports =
        arguments.reporting.start(Pace::SERVER, Arc::<Recorder>::clone(&recorder), line, recorder.changes());
    let stop = CancellationToken::new();
    let context = Arc::new(Context {
        fanout,
        recorder: Arc::clone(&recorder),
        sessions,
        ice_addresses: arguments.ice_addresses,
        stop: stop.clone(),
    });
    let events = Arc::new(Events::new(Arc::clone(&recorder)));
    let viewers = Arc::new(Viewers::new(Arc::clone(&context)));
    let status = ServerStatus {
        recorder: Arc::clone(&recorder),
        fanout: Arc::clone(&context.fanout),
        camera: Arc::clone(&camera),
        preview: preview.clone(),
        events: Arc::clone(&events),
        viewers: Arc::clone(&viewers),
        posts: reports.posts(),
        stop: stop.clone(),
    };
    let pages = page::router(&events, &viewers).merge(preview.router());
    let http = Http::serve(arguments.http, Arc::new(status), pages).await?;
    let (width, height) = (scene.size.width(), scene.size.height());
    console.line(format!(
        "streaming {width}x{height} at {} frames per second; signalling on {}, HTTP on {}",
        arguments.fps,
        listener.local_addr(),
        http.address()
    ));

    let mut tasks = JoinSet::new();
    let end = end(arguments.duration, signals, &camera, &context.fanout);
    let questions = questions::ask(&recorder, &context.fanout);
    let publishing = events.publish();
    tokio::pin!(end, questions, publishing);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let ended = loop {
        tokio::select! {
            ended = &mut end => break ended,
            connection = listener.accept() => {
                tasks.spawn(session::serve(Arc::clone(&context), connection));
            }
            Some(_) = tasks.join_next() => {}
            never = &mut questions => match never {},
            never = &mut publishing => match never {},
            _ = second.tick() => {
                recorder.measurement().expire_lost(Instant::now());
                recorder.latest_lines(Instant::now()).into_iter().for_each(|line| console.line(line));
                console.progress(started.elapsed());
            }
        }
    };
    drop(listener);
    stop.cancel();
    let all_ended = tokio::time::timeout(SESSIONS_END_LIMIT, async {
        while tasks.join_next().await.is_some() {}
        viewers.ended().await;
    });
    if all_ended.await.is_err() {
        tracing::warn!("sessions cut off: not ended in time");
    }
    console.end_progress();
    let exit = conclude(
        &recorder.finish(Instant::now()),
        arguments.require.as_ref(),
        arguments.summary.as_ref(),
        &console,
    );
    reports.finish().await;
    ended?;
    exit
}

/// Waits until it is time to end.
async fn end(
    duration: Option<Duration>,
    mut signals: tokio::sync::watch::Receiver<Option<process::Stop>>,
    camera: &Camera,
    fanout: &Fanout,
) -> anyhow::Result<()> {
    let over = async {
        match duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    let broken = async {
        while camera.is_running() && fanout.is_running() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = over => Ok(()),
        _ = signals.wait_for(Option::is_some) => Ok(()),
        () = broken => anyhow::bail!("a media thread ended; its error is in the log above"),
    }
}

/// Shows and writes the final numbers, and judges them.
fn conclude(
    summary: &Summary,
    require: Option<&Objectives>,
    target: Option<&SummaryTarget>,
    console: &Console,
) -> anyhow::Result<Exit> {
    console.line(table(summary));
    for error in &summary.errors {
        console.line(format!("{} {} times, last: {}", error.code, error.count, error.message));
    }
    let exit = require.map_or(Exit::Done, |objectives| {
        let verdict = verdict(&Numbers::of_run(summary), objectives);
        console.line(format!("required: {verdict}"));
        if verdict.is_met() { Exit::Done } else { Exit::NotMet }
    });
    console.flush();
    if let Some(target) = target {
        target.write(summary)?;
    }
    Ok(exit)
}
