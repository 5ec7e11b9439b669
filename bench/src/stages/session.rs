//! A session of our fan-out and our receiver in this process, at the video's pace.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use media::assemble::Assembled;
use media::fanout::{Event, EventSink, Fanout, Frame, Numbering, Options, SessionId, Stage};
use media::packetise::{PacketBytes, packetise};
use media::receiver::THREAD as RECEIVER;
use report::channel::{FrameOutcome, FrameReport, LABEL, Message};
use serde::Serialize;

use super::Arguments;
use super::decode::TimedDecoder;
use super::floor::micros;
use super::source::VideoSource;
use super::threads::processor_time;
use crate::clock;

mod client;
mod frame_cost;

use client::Client;
use frame_cost::FrameCost;

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
    /// The client's media thread, but for the two that follow: receives, decrypts, assembles, and sends the report.
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
    let (sender, events) = sync_channel(EVENTS);
    let sink: EventSink = Arc::new(move |batch| {
        for event in batch {
            // Fails only once this function has returned.
            let _ = sender.send(event);
        }
    });
    // The decoder's costs are found by the timestamps of the frames as they were published.
    let numbering = Some(Numbering { timestamp_offset: 0, sequence_number: 0 });
    let options = Options {
        shards: 1,
        bitrate_kbps: arguments.bitrate_kbps,
        packet_bytes: PacketBytes::DEFAULT,
        channel_label: LABEL,
        numbering,
        ports: None,
    };
    let fanout = Fanout::start(options, &sink)?;
    let offer = fanout.offer(SESSION, vec![ADDRESS]).blocking_recv()??;
    let decoder = TimedDecoder::new(arguments.scene()?.size)?;
    let (costs_sender, decoded) = channel();
    let client = Client::start(&offer, ADDRESS, decode(decoder, costs_sender))?;
    fanout.answer(SESSION, client.answer().to_owned()).blocking_recv()??;
    await_channel(&events)?;

    let mut source = VideoSource::new(arguments)?;
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
        let frame = source.next_frame(keyframe)?;
        let packetising = clock::of_this_thread();
        let payloads = packetise(frame.data, index as u16, PacketBytes::DEFAULT);
        mark.packetise += clock::of_this_thread() - packetising;
        mark.draw += frame.draw;
        mark.encode += frame.encode;
        mark.timestamp = frame.timestamp;
        fanout.publish(&Arc::new(Frame { timestamp: frame.timestamp, keyframe: frame.keyframe, payloads }));
    }
    // The last frames are on their way for a few milliseconds.
    std::thread::sleep(Duration::from_secs(1) / arguments.fps);
    mark.shard = processor_time(SHARD)?;
    mark.receiver = processor_time(RECEIVER)?;
    client.close()?;
    let decoded = decoded.try_iter().collect::<anyhow::Result<Vec<FrameCost>>>()?;
    let from = from.context("a run of no frames")?;
    Ok(costs(from, mark, &decoded, arguments.frames()))
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

/// Decodes frames and says what each took; answers with the report of each.
fn decode(
    mut decoder: TimedDecoder,
    costs: Sender<anyhow::Result<FrameCost>>,
) -> impl FnMut(Assembled) -> Option<String> + Send + 'static {
    move |frame| {
        let decoded = decode_frame(&mut decoder, frame);
        let (cost, report) = match decoded {
            Ok((cost, report)) => (Ok(cost), Some(report)),
            Err(error) => (Err(error), None),
        };
        // Fails only once nobody wants to know any more.
        let _ = costs.send(cost);
        report
    }
}

fn decode_frame(decoder: &mut TimedDecoder, frame: Assembled) -> anyhow::Result<(FrameCost, String)> {
    let Assembled::Frame { timestamp, data, .. } = frame else {
        anyhow::bail!("packets were lost on loopback");
    };
    let decoded = decoder.decode(&data)?;
    let outcome = match decoded.detection {
        Some(ball) => {
            FrameOutcome::Position { x: ball.position.x, y: ball.position.y, confidence: ball.confidence }
        }
        None => FrameOutcome::Undetected,
    };
    let cost = FrameCost { timestamp, decode: decoded.decode, detect: decoded.detect };
    Ok((cost, Message::Frame(FrameReport::new(timestamp, outcome)).to_text()))
}

fn costs(from: Mark, to: Mark, decoded: &[FrameCost], frames: u32) -> Costs {
    let per_frame = |total: Duration| micros(total) / f64::from(frames);
    let steady: Vec<&FrameCost> = decoded.iter().filter(|frame| frame.timestamp > from.timestamp).collect();
    let per_decoded = |total: Duration| micros(total) / steady.len().max(1) as f64;
    let decode = per_decoded(steady.iter().map(|frame| frame.decode).sum());
    let detect = per_decoded(steady.iter().map(|frame| frame.detect).sum());
    Costs {
        draw: per_frame(to.draw - from.draw),
        encode: per_frame(to.encode - from.encode),
        packetise: per_frame(to.packetise - from.packetise),
        send: per_frame(to.shard - from.shard),
        receive: per_frame(to.receiver - from.receiver) - decode - detect,
        decode,
        detect,
    }
}
