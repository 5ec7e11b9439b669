//! Decodes frames and looks for the ball, on a thread of its own: neither belongs where packets are received.

use std::sync::Arc;
use std::time::Instant;

use detect::Detector;
use media::assemble::Assembled;
use media::receiver::FrameReceiver;
use picture::{I420, Point, Size};
use preview::Preview;
use process::Console;
use report::ErrorCode;
use vp8::Decoder;

use crate::fault::Faults;
use crate::reporter::Reporter;
use crate::tally::{Seen, Tally};

/// The largest picture that is decoded: a frame's header may claim anything.
const LARGEST: (usize, usize) = (1920, 1080);

/// Looks at the frames of one session.
pub(crate) struct Eye {
    decoder: Decoder,
    detector: Box<dyn Detector>,
    faults: Faults,
    reporter: Reporter,
    tally: Arc<Tally>,
    verbose: Option<Console>,
    preview: Option<Preview>,
    /// When the first frame was decoded: freezes count from there.
    opened: Option<Instant>,
    was_frozen: bool,
}

impl Eye {
    /// An eye that has seen nothing yet.
    ///
    /// # Errors
    /// Where the detector cannot be made.
    pub(crate) fn new(
        kind: detect::Kind,
        faults: Faults,
        reporter: Reporter,
        tally: Arc<Tally>,
        verbose: Option<Console>,
        preview: Option<Preview>,
    ) -> anyhow::Result<Self> {
        let largest = Size::new(LARGEST.0, LARGEST.1)?;
        Ok(Self {
            decoder: Decoder::new(largest),
            detector: detect::build(kind)?,
            faults,
            reporter,
            tally,
            verbose,
            preview,
            opened: None,
            was_frozen: false,
        })
    }

    /// Looks at frame after frame, until there are no more.
    pub(crate) fn watch(mut self, frames: &FrameReceiver) {
        while let Some(assembled) = frames.recv() {
            if self.is_frozen() {
                self.was_frozen = true;
                continue;
            }
            let (timestamp, seen, picture) = match assembled {
                Assembled::Undecodable { timestamp } => (timestamp, Seen::Undecodable, None),
                Assembled::Frame { timestamp, data, keyframe } => {
                    let thawed = std::mem::take(&mut self.was_frozen);
                    let is_usable = !thawed || keyframe;
                    let decoded = is_usable.then(|| decode(&mut self.decoder, &data, &self.tally)).flatten();
                    let seen = match decoded {
                        Some(Some(picture)) => look(&mut *self.detector, &picture, &self.tally),
                        // A frame that is not to be shown has no ball in it.
                        Some(None) => Seen::NoBall,
                        None => Seen::Undecodable,
                    };
                    if decoded.is_some() {
                        self.opened.get_or_insert_with(Instant::now);
                    } else {
                        // What follows builds on this frame: nothing is decodable before the next keyframe.
                        frames.lost(timestamp);
                    }
                    (timestamp, seen, decoded.flatten())
                }
            };
            let now = Instant::now();
            self.tally.seen(seen, now);
            self.reporter.report(timestamp, seen, &mut self.faults);
            if let Some(console) = &self.verbose {
                console.line(format!("frame {timestamp}: {}", words(seen)));
            }
            // Last of all: a copy for viewers takes time that is not to count as latency.
            if let (Some(preview), Some(picture)) = (&self.preview, picture)
                && preview.wants(now)
            {
                preview.offer(picture, seen.position(), now);
            }
        }
    }

    fn is_frozen(&self) -> bool {
        self.opened.is_some_and(|opened| self.faults.freezes(opened.elapsed()))
    }
}

/// The frame's picture, if it is one to show; `None` where it cannot be decoded.
fn decode<'a>(decoder: &'a mut Decoder, frame: &[u8], tally: &Tally) -> Option<Option<I420<'a>>> {
    decoder.decode(frame).map_err(|error| tally.error(ErrorCode::DecodeFailed, &error.to_string())).ok()
}

fn look(detector: &mut dyn Detector, picture: &I420<'_>, tally: &Tally) -> Seen {
    match detector.detect(picture) {
        Ok(Some(ball)) => Seen::Ball { position: ball.position, confidence: ball.confidence },
        Ok(None) => Seen::NoBall,
        Err(error) => {
            tally.error(ErrorCode::Other, &error.to_string());
            Seen::NoBall
        }
    }
}

fn words(seen: Seen) -> String {
    match seen {
        Seen::Ball { position: Point { x, y }, confidence } => {
            format!("ball at ({x:.3}, {y:.3}), confidence {confidence:.2}")
        }
        Seen::NoBall => "no ball".into(),
        Seen::Undecodable => "undecodable".into(),
    }
}
