//! The thread that captures frame after frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use measure::Truth;
use media::fanout::Fanout;
use media::packetise::PacketBytes;
use preview::Preview;
use scene::Background;

use super::keyframes::KeyframeRequests;
use super::pace::Pace;
use super::source::Source;
use crate::lateness::Lateness;
use crate::recorder::Recorder;
use crate::sessions::Sessions;

/// Frames that may wait for the fan-out, besides the one it works on. One that would only join a queue is not captured.
const BACKLOG: u64 = 1;

/// The longest the thread sleeps without checking whether it should end.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// What is streamed.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) scene: scene::Settings,
    pub(crate) background: Background,
    pub(crate) frames_per_second: u32,
    pub(crate) bitrate_kbps: u32,
    pub(crate) packet_bytes: PacketBytes,
}

/// The running thread; dropping it ends it.
pub(crate) struct Camera {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    /// Starts to stream.
    ///
    /// # Errors
    /// Where the encoder cannot be opened or the thread not be started.
    pub(crate) fn start(
        settings: &Settings,
        fanout: Arc<Fanout>,
        recorder: Arc<Recorder>,
        sessions: Arc<Sessions>,
        keyframes: Arc<KeyframeRequests>,
        preview: Preview,
        lateness: Arc<Lateness>,
    ) -> anyhow::Result<Self> {
        let Settings { scene, background, frames_per_second, bitrate_kbps, packet_bytes } = settings;
        let source = Source::new(scene, *background, *frames_per_second, *bitrate_kbps, *packet_bytes)?;
        let stop = Arc::new(AtomicBool::new(false));
        let work = Work {
            source,
            pace: Pace::new(Instant::now(), *frames_per_second),
            stop: Arc::clone(&stop),
            fanout,
            recorder,
            sessions,
            keyframes,
            preview,
            lateness,
            last_keyframe: None,
        };
        let thread = std::thread::Builder::new().name("camera".into()).spawn(move || work.run())?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Whether it streams; it stops by itself only when the encoder fails.
    pub(crate) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Work {
    source: Source,
    pace: Pace,
    stop: Arc<AtomicBool>,
    fanout: Arc<Fanout>,
    recorder: Arc<Recorder>,
    sessions: Arc<Sessions>,
    keyframes: Arc<KeyframeRequests>,
    preview: Preview,
    lateness: Arc<Lateness>,
    last_keyframe: Option<Instant>,
}

impl Work {
    fn run(mut self) {
        while !self.stop.load(Relaxed) {
            let (now, due) = (Instant::now(), self.pace.due());
            let wait = due.saturating_duration_since(now).min(LONGEST_SLEEP);
            if !wait.is_zero() {
                std::thread::sleep(wait);
                let woke = Instant::now();
                self.lateness.woke(woke.saturating_duration_since(now + wait), woke);
                continue;
            }
            // Whoever has not slept may be late all the same.
            self.lateness.woke(now.saturating_duration_since(due), now);
            let slot = self.pace.take(now);
            // Without anybody to see it nothing is captured, and nothing is missing.
            if !self.sessions.any_ready_for_video(now) && self.preview.watchers() == 0 {
                continue;
            }
            if slot.skipped > 0 {
                self.recorder.measurement().skipped(slot.skipped);
            }
            if self.fanout.backlog() > BACKLOG {
                self.recorder.measurement().skipped(1);
                continue;
            }
            if let Err(error) = self.capture(slot.index) {
                tracing::error!("video ended: {error:#}");
                return;
            }
        }
    }

    fn capture(&mut self, index: u64) -> anyhow::Result<()> {
        let captured = Instant::now();
        let keyframe = self.keyframes.take(captured, self.last_keyframe);
        let (frame, position) = self.source.frame(index, self.pace.time_of(index), keyframe)?;
        if frame.keyframe {
            self.last_keyframe = Some(captured);
        }
        self.recorder.measurement().captured(Truth { timestamp: frame.timestamp, position, captured });
        self.fanout.publish(&Arc::new(frame));
        if self.preview.wants(captured) {
            self.preview.offer(self.source.picture(), Some(position), captured);
        }
        Ok(())
    }
}
