//! Puts the parts together, waits for the end, and says how it was.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use measure::{Numbers, Objectives, Settings, verdict};
use media::fanout::{CHANNEL_GRACE, Event, EventSink, Fanout, Options};
use preview::Preview;
use process::{Console, Exit, Http, SummaryTarget};
use report::sender::Pace;
use report::{Stage, Summary, channel};
use signaling::Listener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::board::Board;
use crate::huge_pages::HugePages;
use crate::page::{self, Events, Viewers};
use crate::questions;
use crate::report_source;
use crate::session::{self, Context};
use crate::sessions::Sessions;
use crate::status::Status;
use crate::table::table;
use crate::video::{self, Camera, KeyframeRequests};

/// Connections at a time; further ones wait in the system's backlog.
const CONNECTIONS: NonZeroU16 = NonZeroU16::new(2048).expect("above zero");

/// How long all sessions together may take to end: a drain, and a bye to a peer that does not read.
const FAREWELL: Duration = Duration::from_secs(3);

/// Runs the server to its end.
///
/// # Errors
/// Where it cannot run, or cannot write its summary.
pub(crate) fn run(
    arguments: Arguments,
    scene: scene::Settings,
    huge_pages: HugePages,
) -> anyhow::Result<Exit> {
    // Signalling and HTTP are all that tasks do here: media has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(serve(arguments, scene, huge_pages));
    // A name lookup may hang in a thread of the system's.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

async fn serve(arguments: Arguments, scene: scene::Settings, huge_pages: HugePages) -> anyhow::Result<Exit> {
    if let Some(target) = &arguments.summary {
        target.check()?;
    }
    let signals = process::stop_signals()?;
    let console = Console::start(arguments.summary == Some(SummaryTarget::Stdout), arguments.duration)?;
    let started = Instant::now();
    let board = Arc::new(Board::new(
        Settings {
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
    let fanout = Arc::new(start_fanout(arguments.bitrate_kbps, &board, &sessions, &keyframes)?);
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
        Arc::clone(&board),
        Arc::clone(&sessions),
        keyframes,
        preview.clone(),
    )?);
    let line = {
        let board = Arc::clone(&board);
        move || report_source::line(&board)
    };
    let reports = arguments.reporting.start(Pace::SERVER, Arc::<Board>::clone(&board), line, board.news());
    let stop = CancellationToken::new();
    let context = Arc::new(Context {
        fanout,
        board: Arc::clone(&board),
        sessions,
        ice_addresses: arguments.ice_addresses,
        stop: stop.clone(),
    });
    let events = Arc::new(Events::new(Arc::clone(&board)));
    let viewers = Arc::new(Viewers::new(Arc::clone(&context)));
    let status = Status {
        board: Arc::clone(&board),
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
    let questions = questions::ask(&board, &context.fanout);
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
                board.sweep(Instant::now());
                board.latest_lines(Instant::now()).into_iter().for_each(|line| console.line(line));
                console.progress(started.elapsed());
            }
        }
    };
    drop(listener);
    stop.cancel();
    let all_ended = tokio::time::timeout(FAREWELL, async {
        while tasks.join_next().await.is_some() {}
        viewers.ended().await;
    });
    if all_ended.await.is_err() {
        tracing::warn!("some sessions did not end in time and are cut off");
    }
    console.end_progress();
    let exit = conclude(
        &board.finish(Instant::now()),
        arguments.require.as_ref(),
        arguments.summary.as_ref(),
        &console,
    );
    reports.finish().await;
    ended?;
    exit
}

/// The fan-out, with everybody told who has to know what happens in it.
pub(crate) fn start_fanout(
    bitrate_kbps: u32,
    board: &Arc<Board>,
    sessions: &Arc<Sessions>,
    keyframes: &Arc<KeyframeRequests>,
) -> anyhow::Result<Fanout> {
    let (board, sessions, keyframes) = (Arc::clone(board), Arc::clone(sessions), Arc::clone(keyframes));
    let sink: EventSink = Arc::new(move |events| {
        board.take(&events);
        for event in &events {
            match event {
                Event::KeyframeWanted(_) => keyframes.request(),
                Event::Closed { id, reason } => sessions.failed(*id, reason.clone()),
                // Nothing is captured before the first session can use it: its first keyframe would be made too early
                // and the next one have to wait.
                Event::Reached { id, stage: Stage::Channel, at } => sessions.watches(*id, *at),
                Event::Reached { id, stage: Stage::Dtls, at } => sessions.watches(*id, *at + CHANNEL_GRACE),
                _ => {}
            }
        }
    });
    // Two at most: they spread the receive buffers, and more threads than cores only take turns.
    let shards = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let options = Options { shards, bitrate_kbps, channel_label: channel::LABEL };
    Fanout::start(options, &sink).context("cannot start the media threads")
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
        () = broken => anyhow::bail!("a media thread ended; the log above says more"),
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
