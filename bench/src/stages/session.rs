//! A session of our fan-out and our receiver in this process, at the video's pace.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use media::assemble::Assembled;
use media::fanout::{Event, EventSink, Fanout, Frame, Options, SessionId, Stage};
use media::packetise::packetise;
use media::receiver::FrameReceiver;
use report::channel::{FrameReport, LABEL, Message, Sighting};
use serde::Serialize;

use super::Arguments;
use super::eye::Eye;
use super::floor::micros;
use super::footage::Footage;
use super::threads::processor_time;
use crate::clock;

mod client;

use client::{Client, RECEIVER};

/// The fan-out's thread.
const SHARD: &str = "shard-0";
const SESSION: SessionId = SessionId(1);
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SETUP_LIMIT: Duration = Duration::from_secs(10);
/// Events that may wait until the next frame.
const EVENTS: usize = 4096;
/// What the first second has more to do: the handshake, the keyframe, cold caches.
const WARM_UP: Duration = Duration::from_secs(1);

/// Microseconds of processor time per frame.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Costs {
    draw: f64,
    encode: f64,
    packetise: f64,
    /// The server's media thread: encrypts and sends, and takes in the report.
    send: f64,
    /// The client's media thread: receives, decrypts, assembles, and sends the report.
    receive: f64,
    decode: f64,
    detect: f64,
}

/// What the server's side used up to some frame.
#[derive(Clone, Copy)]
struct Mark {
    timestamp: u32,
    draw: Duration,
    encode: Duration,
    packetise: Duration,
    shard: Duration,
    receiver: Duration,
}

pub(super) fn measure(arguments: &Arguments) -> anyhow::Result<Costs> {
    let (tell, events) = sync_channel(EVENTS);
    let sink: EventSink = Arc::new(move |batch| {
        for event in batch {
            // Whoever no longer listens is ending.
            let _ = tell.send(event);
        }
    });
    let options = Options { shards: 1, bitrate_kbps: arguments.bitrate_kbps, channel_label: LABEL };
    let fanout = Fanout::start(options, &sink)?;
    let offer = fanout.offer(SESSION, vec![ADDRESS]).blocking_recv()??;
    let eye = Eye::new(arguments.scene()?.size)?;
    let client = Client::start(offer, ADDRESS, move |frames, report| watch(eye, &frames, report))?;
    fanout.answer(SESSION, client.answer().to_owned()).blocking_recv()??;
    await_channel(&events)?;

    let mut footage = Footage::new(arguments)?;
    let mut mark = Mark {
        timestamp: 0,
        draw: Duration::ZERO,
        encode: Duration::ZERO,
        packetise: Duration::ZERO,
        shard: Duration::ZERO,
        receiver: Duration::ZERO,
    };
    let mut from = None;
    let warm_up = WARM_UP.as_secs() as u32 * arguments.fps;
    let began = Instant::now();
    for index in 0..arguments.frames() + warm_up {
        let due = began + Duration::from_secs(index.into()) / arguments.fps;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if index == warm_up {
            mark.shard = processor_time(SHARD)?;
            mark.receiver = processor_time(RECEIVER)?;
            from = Some(mark);
        }
        let keyframe = events.try_iter().any(|event| matches!(event, Event::KeyframeWanted(_)));
        let shot = footage.shoot(keyframe)?;
        let packetising = clock::of_this_thread();
        let payloads = packetise(shot.data, index as u16);
        mark.packetise += clock::of_this_thread() - packetising;
        mark.draw += shot.draw;
        mark.encode += shot.encode;
        mark.timestamp = shot.timestamp;
        fanout.publish(&Arc::new(Frame { timestamp: shot.timestamp, keyframe: shot.keyframe, payloads }));
    }
    // The last frames are on their way for a few milliseconds.
    std::thread::sleep(Duration::from_secs(1) / arguments.fps);
    mark.shard = processor_time(SHARD)?;
    mark.receiver = processor_time(RECEIVER)?;
    let looks = client.close()?;
    let from = from.context("a run of no frames")?;
    Ok(costs(from, mark, &looks, arguments.frames()))
}

/// Until the session can be sent video that counts.
fn await_channel(events: &Queue<Event>) -> anyhow::Result<()> {
    let deadline = Instant::now() + SETUP_LIMIT;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match events.recv_timeout(left).context("no session within 10 s")? {
            Event::Reached { stage: Stage::Channel, .. } => return Ok(()),
            Event::Closed { reason, .. } => anyhow::bail!("no session: {reason:?}"),
            _ => {}
        }
    }
}

/// What decoding and detecting a frame took.
pub(super) struct Timed {
    timestamp: u32,
    decode: Duration,
    detect: Duration,
}

/// Looks at each frame and reports it, until there are no more.
fn watch(mut eye: Eye, frames: &FrameReceiver, report: impl Fn(String)) -> anyhow::Result<Vec<Timed>> {
    let mut looks = Vec::new();
    while let Some(assembled) = frames.recv() {
        let Assembled::Frame { timestamp, data, .. } = assembled else {
            anyhow::bail!("packets were lost on loopback");
        };
        let look = eye.look(&data)?;
        let sighting = match look.seen {
            Some(ball) => {
                Sighting::Position { x: ball.position.x, y: ball.position.y, confidence: ball.confidence }
            }
            None => Sighting::Undetected,
        };
        report(Message::Frame(FrameReport { timestamp, sighting }).to_text());
        looks.push(Timed { timestamp, decode: look.decode, detect: look.detect });
    }
    Ok(looks)
}

fn costs(from: Mark, to: Mark, looks: &[Timed], frames: u32) -> Costs {
    let per_frame = |total: Duration| micros(total) / f64::from(frames);
    let steady: Vec<&Timed> = looks.iter().filter(|look| look.timestamp > from.timestamp).collect();
    let per_look = |total: Duration| micros(total) / steady.len().max(1) as f64;
    Costs {
        draw: per_frame(to.draw - from.draw),
        encode: per_frame(to.encode - from.encode),
        packetise: per_frame(to.packetise - from.packetise),
        send: per_frame(to.shard - from.shard),
        receive: per_frame(to.receiver - from.receiver),
        decode: per_look(steady.iter().map(|look| look.decode).sum()),
        detect: per_look(steady.iter().map(|look| look.detect).sum()),
    }
}
