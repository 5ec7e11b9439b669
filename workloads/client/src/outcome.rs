//! What a frame showed, as a position and in words.

use picture::Point;
use report::channel::FrameOutcome;

/// Where the ball is, if it was detected.
pub(crate) fn position(outcome: FrameOutcome) -> Option<Point> {
    match outcome {
        FrameOutcome::Position { x, y, .. } => Some(Point { x, y }),
        FrameOutcome::Undetected | FrameOutcome::Undecodable => None,
    }
}

/// In the words of `--verbose`.
pub(crate) fn describe(outcome: FrameOutcome) -> String {
    match outcome {
        FrameOutcome::Position { x, y, confidence } => {
            format!("ball at ({x:.3}, {y:.3}), confidence {confidence:.2}")
        }
        FrameOutcome::Undetected => "no ball".into(),
        FrameOutcome::Undecodable => "undecodable".into(),
    }
}
