//! Decodes frames and looks for the ball, on a thread of its own: neither belongs where packets are received.

use std::sync::Arc;
use std::time::Instant;

use detect::Detector;
use media::assemble::Assembled;
use media::receiver::Frames;
use picture::{Point, Size};
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
    ) -> anyhow::Result<Self> {
        let largest = Size::new(LARGEST.0, LARGEST.1)?;
        Ok(Self {
            decoder: Decoder::new(largest),
            detector: detect::build(kind)?,
            faults,
            reporter,
            tally,
            verbose,
            opened: None,
            was_frozen: false,
        })
    }

    /// Looks at frame after frame, until there are no more.
    pub(crate) fn watch(mut self, frames: &Frames) {
        while let Some(assembled) = frames.recv() {
            if self.is_frozen() {
                self.was_frozen = true;
                continue;
            }
            let (timestamp, seen) = match assembled {
                Assembled::Undecodable { timestamp } => (timestamp, Seen::Undecodable),
                Assembled::Frame { timestamp, data, keyframe } => {
                    let thawed = std::mem::take(&mut self.was_frozen);
                    let seen = if thawed && !keyframe { None } else { self.look(&data) };
                    if seen.is_none() {
                        // What follows builds on this frame: nothing is decodable before the next keyframe.
                        frames.lost(timestamp);
                    }
                    (timestamp, seen.unwrap_or(Seen::Undecodable))
                }
            };
            self.tally.seen(seen, Instant::now());
            self.reporter.report(timestamp, seen, &mut self.faults);
            if let Some(console) = &self.verbose {
                console.line(format!("frame {timestamp}: {}", words(seen)));
            }
        }
    }

    fn is_frozen(&self) -> bool {
        self.opened.is_some_and(|opened| self.faults.freezes(opened.elapsed()))
    }

    /// None where the frame cannot be decoded.
    fn look(&mut self, frame: &[u8]) -> Option<Seen> {
        let picture = match self.decoder.decode(frame) {
            Ok(picture) => picture,
            Err(error) => {
                self.tally.error(ErrorCode::DecodeFailed, &error.to_string());
                return None;
            }
        };
        self.opened.get_or_insert_with(Instant::now);
        // A frame that is not to be shown has no ball in it.
        let Some(picture) = picture else { return Some(Seen::NoBall) };
        match self.detector.detect(&picture) {
            Ok(Some(ball)) => Some(Seen::Ball { position: ball.position, confidence: ball.confidence }),
            Ok(None) => Some(Seen::NoBall),
            Err(error) => {
                self.tally.error(ErrorCode::Other, &error.to_string());
                Some(Seen::NoBall)
            }
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
