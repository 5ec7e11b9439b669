//! Decodes frames and detects the ball, on the thread that receives them: to hand a frame to another thread and its report
//! back costs more than detecting the ball in it.

use std::sync::Arc;
use std::time::Instant;

use detect::{Detection, Detector};
use media::assemble::Assembled;
use media::receiver::{Handled, Received};
use picture::{I420, Point, Size};
use preview::Preview;
use process::Console;
use report::ErrorCode;
use report::channel::FrameOutcome;
use vp8::Decoder;

use crate::counters::{Counters, FrameTiming};
use crate::fault::Faults;
use crate::outcome::{describe, position};
use crate::reporter::Reporter;

/// The largest picture that is decoded: a frame's header may claim anything.
const LARGEST: (usize, usize) = (1920, 1080);

/// Decodes the frames of one session and reports each.
pub(crate) struct FrameDecoder {
    decoder: Decoder,
    detector: Box<dyn Detector>,
    faults: Faults,
    reporter: Reporter,
    counters: Arc<Counters>,
    verbose: Option<Console>,
    preview: Option<Preview>,
    /// When the first frame was decoded: freezes count from there.
    first_decoded: Option<Instant>,
    was_frozen: bool,
}

impl FrameDecoder {
    /// Before its first frame.
    ///
    /// # Errors
    /// Where the detector cannot be made.
    pub(crate) fn new(
        kind: detect::Kind,
        faults: Faults,
        reporter: Reporter,
        counters: Arc<Counters>,
        verbose: Option<Console>,
        preview: Option<Preview>,
    ) -> anyhow::Result<Self> {
        let largest = Size::new(LARGEST.0, LARGEST.1)?;
        Ok(Self {
            decoder: Decoder::new(largest),
            detector: detect::build(kind)?,
            faults,
            reporter,
            counters,
            verbose,
            preview,
            first_decoded: None,
            was_frozen: false,
        })
    }

    /// Decodes and reports a frame.
    pub(crate) fn handle(&mut self, received: Received) -> Handled {
        let complete = received.complete;
        self.counters.received(complete);
        let mut timing = FrameTiming { waited: complete.elapsed(), ..FrameTiming::default() };
        if self.is_frozen() {
            self.was_frozen = true;
            return Handled::Done;
        }
        let mut handled = Handled::Done;
        let (timestamp, outcome, picture) = match received.frame {
            Assembled::Undecodable { timestamp } => (timestamp, FrameOutcome::Undecodable, None),
            Assembled::Frame { timestamp, data, keyframe } => {
                let after_freeze = std::mem::take(&mut self.was_frozen);
                let is_usable = !after_freeze || keyframe;
                let began = Instant::now();
                let decoded = is_usable.then(|| decode(&mut self.decoder, &data, &self.counters)).flatten();
                (timing.decode, timing.keyframe) = (began.elapsed(), keyframe);
                let outcome = match decoded {
                    Some(Some(picture)) => detect(&mut *self.detector, &picture, &self.counters),
                    // A frame that is not to be shown has no ball in it.
                    Some(None) => FrameOutcome::Undetected,
                    None => FrameOutcome::Undecodable,
                };
                if decoded.is_some() {
                    self.first_decoded.get_or_insert_with(Instant::now);
                } else {
                    // What follows builds on this frame: nothing is decodable before the next keyframe.
                    handled = Handled::Lost;
                }
                (timestamp, outcome, decoded.flatten())
            }
        };
        let now = Instant::now();
        self.counters.frame(outcome, now, timing);
        self.reporter.report(timestamp, outcome, complete, &mut self.faults);
        if let Some(console) = &self.verbose {
            console.line(format!("frame {timestamp}: {}", describe(outcome)));
        }
        // Last of all: a copy for viewers takes time that is not to count as latency.
        if let (Some(preview), Some(picture)) = (&self.preview, picture)
            && preview.wants(now)
        {
            preview.offer(picture, position(outcome), now);
        }
        handled
    }

    fn is_frozen(&self) -> bool {
        self.first_decoded.is_some_and(|first| self.faults.freezes(first.elapsed()))
    }
}

/// The frame's picture, if it is one to show; `None` where it cannot be decoded.
fn decode<'a>(decoder: &'a mut Decoder, frame: &[u8], counters: &Counters) -> Option<Option<I420<'a>>> {
    decoder.decode(frame).map_err(|error| counters.error(ErrorCode::DecodeFailed, &error.to_string())).ok()
}

fn detect(detector: &mut dyn Detector, picture: &I420<'_>, counters: &Counters) -> FrameOutcome {
    match detector.detect(picture) {
        Ok(Some(Detection { position: Point { x, y }, confidence, .. })) => {
            FrameOutcome::Position { x, y, confidence }
        }
        Ok(None) => FrameOutcome::Undetected,
        Err(error) => {
            counters.error(ErrorCode::Other, &error.to_string());
            FrameOutcome::Undetected
        }
    }
}
