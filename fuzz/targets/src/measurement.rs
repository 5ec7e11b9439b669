//! A measurement of up to four clients, which say anything at any time.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use measure::{Ended, Measurement, SessionId, Settings, Truth};
use picture::{Point, Size};
use report::post::{MAX_BYTES, ServerPost};
use report::{Frames, Summary};

use crate::input::Input;

const CLIENTS: u8 = 4;
const FRAMES_PER_SECOND: u32 = 30;
const TICKS: u32 = 90_000 / FRAMES_PER_SECOND;

/// Steps: a frame, a message, a client that comes or goes, some time.
pub(crate) fn measurement(data: &[u8]) {
    let mut input = Input::new(data);
    let mut run = Run::new();
    while !input.is_empty() {
        let kind = input.byte();
        let id = SessionId(u64::from(kind % CLIENTS));
        match kind >> 5 {
            0 | 1 => run.frame(),
            // A text that names one of the last frames, so that it is not left to luck.
            2 => {
                let ago = u32::from(input.byte()) % 100;
                let text = input.piece();
                run.message(id, &[format!("{{\"ts\":{},", run.timestamp(ago)).as_bytes(), text].concat());
            }
            3 | 4 => run.message(id, input.piece()),
            5 => run.connect(id),
            6 if kind & 4 != 0 => run.measurement.disconnect(id, Ended::Bye, run.now),
            6 => run.measurement.disconnect(id, Ended::Lost, run.now),
            _ => run.pass(input.time()),
        }
    }
    run.check();
    run.measurement.finish(run.now);
    run.check();
    assert_eq!(run.measurement.summary(run.now).frames.pending, 0, "the run is over");
}

struct Run {
    measurement: Measurement,
    now: Instant,
    frames: u32,
}

impl Run {
    fn new() -> Self {
        let started = Instant::now();
        let measurement = Measurement::new(Settings {
            instance: "0123456789abcdef".into(),
            size: Size::new(640, 480).expect("an even size"),
            frames_per_second: FRAMES_PER_SECOND,
            window: Duration::from_secs(10),
            started,
            started_at: Timestamp::UNIX_EPOCH,
        });
        Self { measurement, now: started, frames: 0 }
    }

    fn timestamp(&self, ago: u32) -> u32 {
        self.frames.wrapping_sub(ago).wrapping_mul(TICKS)
    }

    fn frame(&mut self) {
        self.frames += 1;
        self.now += Duration::from_secs(1) / FRAMES_PER_SECOND;
        let position = Point { x: f64::from(self.frames % 600), y: 240.0 };
        self.measurement.captured(Truth { timestamp: self.timestamp(0), position, captured: self.now });
        self.measurement.frame_written(self.timestamp(0), self.now);
    }

    fn message(&mut self, id: SessionId, text: &[u8]) {
        self.now += Duration::from_millis(1);
        self.measurement.message(id, self.now, text);
        self.measurement.take_superseded();
        self.measurement.due_questions(self.now);
    }

    fn connect(&mut self, id: SessionId) {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 5000));
        self.measurement.connect(id, peer, self.now);
        self.measurement.sent_from(id, self.timestamp(0));
        self.measurement.start_counting(id, self.timestamp(0));
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.measurement.expire_lost(self.now);
        self.check();
    }

    /// Counts add up, everywhere the same; numbers can be written, read, and posted.
    fn check(&self) {
        let summary = self.measurement.summary(self.now);
        adds_up(&summary.frames);
        let mut rows = Frames::default();
        for row in &summary.clients {
            adds_up(&row.frames);
            rows += row.frames;
        }
        if summary.rows_omitted == 0 {
            assert_eq!(rows.sent, summary.frames.sent, "the total is the sum of its clients");
            assert_eq!(rows.good(), summary.frames.good());
        }
        let json = serde_json::to_string(&summary).expect("plain numbers");
        let read: Summary = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert_eq!(read.frames, summary.frames);
        let judged = self.measurement.judged(self.now);
        let post = ServerPost::new(1, 1, 0, summary).judged("0123456789abcdef", &judged, false);
        let post = serde_json::to_vec(&post).expect("plain numbers");
        assert!(post.len() <= MAX_BYTES, "a post of {} bytes", post.len());
    }
}

fn adds_up(frames: &Frames) {
    let Frames { sent, pending, matched, estimated, lost, late, undecodable, undetected, .. } = *frames;
    assert_eq!(sent, pending + matched + estimated + lost + late + undecodable + undetected, "{frames:?}");
}
