//! Puts the parts together, waits for the end, and reports the result.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant};

use measure::Settings;
use media::fanout::Fanout;
use preview::Preview;
use process::{Console, Exit, Http, SummaryTarget};
use report::sender::Pace;
use signaling::Listener;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::evidence::Evidence;
use crate::huge_pages::HugePages;
use crate::media_events::start_fanout;
use crate::page::{self, Events, Viewers};
use crate::peer_log::PeerLog;
use crate::questions;
use crate::recorder::Recorder;
use crate::report_source::{self, Posts};
use crate::session::{self, Context};
use crate::sessions::Sessions;
use crate::status_source::ServerStatus;
use crate::table::table;
use crate::video::{self, Camera, KeyframeRequests};
use crate::view::View;
use crate::views::Views;

/// Connections at a time; further ones wait in the system's backlog.
const CONNECTIONS: NonZeroU16 = NonZeroU16::new(2048).expect("above zero");

/// How long all sessions together may take to end: last reports, and a bye to a peer that does not read.
const SESSIONS_END_LIMIT: Duration = Duration::from_secs(3);

/// How often the session is judged while somebody wants to know.
const JUDGE_EVERY: Duration = Duration::from_millis(250);

/// Why the run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    DurationOver,
    Signal,
}

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
            instance: format!("{:016x}", fastrand::u64(..)),
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
    let peers = Arc::new(PeerLog::default());
    let fanout = Arc::new(start_fanout(
        (arguments.bitrate_kbps, arguments.packet_bytes),
        arguments.media_ports,
        &recorder,
        &sessions,
        &keyframes,
        &peers,
    )?);
    let mut listener = Listener::bind(arguments.listen, CONNECTIONS).await?;
    let media_addresses = match &arguments.ice_addresses[..] {
        [] => vec![listener.local_addr().ip()],
        chosen => chosen.to_vec(),
    };
    media_addresses.into_iter().try_for_each(|address| fanout.check_ports(address))?;
    let video = video::Settings {
        scene,
        background: arguments.background,
        frames_per_second: arguments.fps,
        bitrate_kbps: arguments.bitrate_kbps,
        packet_bytes: arguments.packet_bytes,
    };
    let preview = Preview::start()?;
    let shards = Arc::clone(&fanout);
    let evidence = Arc::new(Evidence::new(Box::new(move || shards.take_worst_lateness())));
    let camera = Arc::new(Camera::start(
        &video,
        Arc::clone(&fanout),
        Arc::clone(&recorder),
        Arc::clone(&sessions),
        keyframes,
        preview.clone(),
        evidence.lateness(),
    )?);
    let views = Arc::new(Views::new(
        Arc::clone(&recorder),
        Arc::clone(&evidence),
        arguments.require,
        console.clone(),
    ));
    let line = {
        let views = Arc::clone(&views);
        move || report_source::line(&views)
    };
    let advertised = arguments.advertised();
    if arguments.path.is_some() {
        recorder.measurement().judge_ways(&[]);
    }
    let announced = advertised.announced().cloned();
    let posts = Arc::new(Posts::new(Arc::clone(&recorder), Arc::clone(&views), announced));
    let reports = arguments.reporting.start(Pace::SERVER, posts, line, recorder.changes());
    let stop = CancellationToken::new();
    let context = Arc::new(Context {
        fanout,
        recorder: Arc::clone(&recorder),
        sessions,
        unanswered: Arc::default(),
        peers,
        advertised,
        ice_addresses: arguments.ice_addresses,
        stop: stop.clone(),
    });
    let events = Arc::new(Events::new(Arc::clone(&recorder), Arc::clone(&views)));
    let viewers = Arc::new(Viewers::new(Arc::clone(&context)));
    let status = ServerStatus {
        views: Arc::clone(&views),
        fanout: Arc::clone(&context.fanout),
        camera: Arc::clone(&camera),
        preview: preview.clone(),
        events: Arc::clone(&events),
        viewers: Arc::clone(&viewers),
        posts: reports.posts(),
        stop: stop.clone(),
    };
    let pages = page::router(&events, &viewers).merge(preview.router());
    let http = Http::serve(arguments.http, Arc::new(status), pages, arguments.http_hosts.clone()).await?;
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
    let mut judging = tokio::time::interval(JUDGE_EVERY);
    judging.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let is_judged = arguments.require.is_some() || reports.posts().is_some();
    let ended = loop {
        tokio::select! {
            ended = &mut end => break ended,
            connection = listener.accept() => {
                tasks.spawn(session::serve(Arc::clone(&context), connection));
            }
            Some(_) = tasks.join_next() => {}
            never = &mut questions => match never {},
            never = &mut publishing => match never {},
            _ = judging.tick(), if is_judged => views.judge(Instant::now()),
            _ = second.tick() => {
                let now = Instant::now();
                let sample = evidence.sample(now);
                recorder.measurement().expire_lost(now);
                recorder.measurement().server_evidence(sample, now);
                context.peers.tick(now);
                recorder.latest_lines(Instant::now()).into_iter().for_each(|line| console.line(line));
                console.progress(started.elapsed());
            }
        }
    };
    drop(listener);
    recorder.measurement().end_media(Instant::now());
    stop.cancel();
    let all_ended = tokio::time::timeout(SESSIONS_END_LIMIT, async {
        while tasks.join_next().await.is_some() {}
        viewers.ended().await;
    });
    if all_ended.await.is_err() {
        tracing::warn!("sessions cut off: not ended in time");
    }
    context.peers.finish();
    console.end_progress();
    let cut_short = match (&ended, arguments.duration) {
        (Ok(Ended::Signal), Some(asked)) => Some(format!(
            "the run was ended after {:.1} s, and {} s were asked for",
            started.elapsed().as_secs_f64(),
            asked.as_secs_f64()
        )),
        _ => None,
    };
    let view = views.finish(arguments.duration.unwrap_or(arguments.window), cut_short, Instant::now());
    let exit = conclude(&view, arguments.summary.as_ref(), &console).await;
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
) -> anyhow::Result<Ended> {
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
        () = over => Ok(Ended::DurationOver),
        _ = signals.wait_for(Option::is_some) => Ok(Ended::Signal),
        () = broken => anyhow::bail!("a media thread ended; its error is in the log above"),
    }
}

/// Shows and writes the final numbers and the verdict on them.
async fn conclude(view: &View, target: Option<&SummaryTarget>, console: &Console) -> anyhow::Result<Exit> {
    let View { summary, verdict, .. } = view;
    console.line(table(summary));
    for error in &summary.errors {
        console.line(format!("{} {} times, last: {}", error.code, error.count, error.message));
    }
    let exit = verdict.as_ref().map_or(Exit::Done, |verdict| {
        console.line(format!("required: {verdict}"));
        if verdict.is_met() { Exit::Done } else { Exit::NotMet }
    });
    console.flush();
    if let Some(target) = target {
        target.write(summary).await?;
    }
    Ok(exit)
}
