//! A run on virtual time: milliseconds since its start, and frames by number.

use std::time::{Duration, Instant};

use ballsession_measure::{Measurement, MessageOutcome, SessionId, Settings, Truth};
use picture::{Point, Size};
use report::{
    ClientRow, Frames, Summary,
    channel::{FrameOutcome, FrameReport, Hello, Message},
};

pub(crate) const A: SessionId = SessionId(1);
pub(crate) const B: SessionId = SessionId(2);
pub(crate) const C: SessionId = SessionId(3);

pub(crate) struct Run {
    pub(crate) measurement: Measurement,
    started: Instant,
    fps: u64,
    first_timestamp: u32,
}

impl Run {
    pub(crate) fn new(fps: u32) -> Self {
        Self::starting_at(fps, 3000)
    }

    /// A run whose frame 0 has this timestamp.
    pub(crate) fn starting_at(fps: u32, first_timestamp: u32) -> Self {
        Self::with_window(fps, first_timestamp, Duration::from_secs(60))
    }

    pub(crate) fn with_window(fps: u32, first_timestamp: u32, window: Duration) -> Self {
        let started = Instant::now();
        let measurement = Measurement::new(Settings {
            instance: "0123456789abcdef".into(),
            size: Size::new(640, 480).expect("both are even"),
            frames_per_second: fps,
            window,
            started,
            started_at: jiff::Timestamp::UNIX_EPOCH,
        });
        Self { measurement, started, fps: u64::from(fps), first_timestamp }
    }

    pub(crate) fn at(&self, milliseconds: u64) -> Instant {
        self.started + Duration::from_millis(milliseconds)
    }

    pub(crate) fn timestamp(&self, frame: u64) -> u32 {
        self.first_timestamp.wrapping_add((frame * 90_000 / self.fps) as u32)
    }

    pub(crate) fn truth(frame: u64) -> Point {
        Point { x: (frame % 600) as f64, y: 100.0 }
    }

    pub(crate) fn capture(&mut self, frame: u64, milliseconds: u64) {
        let captured = self.at(milliseconds);
        self.measurement.captured(Truth {
            timestamp: self.timestamp(frame),
            position: Self::truth(frame),
            captured,
        });
    }

    /// Captures frames at their rate, frame 0 at 0 ms.
    pub(crate) fn capture_all(&mut self, frames: std::ops::Range<u64>) {
        for frame in frames {
            self.capture(frame, frame * 1000 / self.fps);
        }
    }

    pub(crate) fn connect(&mut self, id: SessionId, milliseconds: u64) {
        let address = format!("10.0.0.{}:5000", id.0).parse().expect("ids here are below 256");
        self.measurement.connect(id, address, self.at(milliseconds));
    }

    /// Connects and counts from frame 0 on.
    pub(crate) fn join(&mut self, id: SessionId) {
        self.connect(id, 0);
        self.measurement.start_counting(id, self.timestamp(0));
    }

    pub(crate) fn hello(&mut self, id: SessionId, name: &str, reconnects: u32) -> MessageOutcome {
        self.introduce(id, Hello { reconnects, ..Hello::new(name) }, 0)
    }

    pub(crate) fn introduce(&mut self, id: SessionId, hello: Hello, milliseconds: u64) -> MessageOutcome {
        let at = self.at(milliseconds);
        self.measurement.message(id, at, Message::Hello(hello).to_text().as_bytes())
    }

    /// A position that is off by (3, 4) pixels, thus by 5.
    pub(crate) fn see(&mut self, id: SessionId, frame: u64, milliseconds: u64) -> MessageOutcome {
        let Point { x, y } = Self::truth(frame);
        let reported = FrameOutcome::Position { x: x + 3.0, y: y - 4.0, confidence: 1.0 };
        self.report(id, frame, milliseconds, reported)
    }

    pub(crate) fn report(
        &mut self,
        id: SessionId,
        frame: u64,
        milliseconds: u64,
        reported: FrameOutcome,
    ) -> MessageOutcome {
        let report = Message::Frame(FrameReport::new(self.timestamp(frame), reported));
        let at = self.at(milliseconds);
        self.measurement.message(id, at, report.to_text().as_bytes())
    }

    pub(crate) fn expire_lost(&mut self, milliseconds: u64) {
        let now = self.at(milliseconds);
        self.measurement.expire_lost(now);
    }

    pub(crate) fn finish(&mut self, milliseconds: u64) {
        let now = self.at(milliseconds);
        self.measurement.finish(now);
    }

    /// The summary, after checking what always holds.
    pub(crate) fn summary(&self, milliseconds: u64) -> Summary {
        let summary = self.measurement.summary(self.at(milliseconds));
        assert_sum_rule(&summary.frames);
        assert_sum_rule(&summary.recent.frames);
        summary.clients.iter().for_each(|row| assert_sum_rule(&row.frames));
        summary
    }

    pub(crate) fn row(&self, name: &str) -> ClientRow {
        let rows = self.summary(0).clients;
        let names: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
        rows.into_iter().find(|row| row.id == name).unwrap_or_else(|| panic!("{name} is none of {names:?}"))
    }
}

pub(crate) fn assert_sum_rule(frames: &Frames) {
    let Frames { sent, pending, matched, estimated, lost, late, undecodable, undetected, .. } = *frames;
    assert_eq!(sent, pending + matched + estimated + lost + late + undecodable + undetected, "{frames:?}");
}

pub(crate) fn sum(rows: &[ClientRow]) -> Frames {
    rows.iter().fold(Frames::default(), |mut sum, row| {
        sum += row.frames;
        sum
    })
}
