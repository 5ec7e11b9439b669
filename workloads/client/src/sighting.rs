//! What a frame showed, as a position and in words.

use picture::Point;
use report::channel::Sighting;

/// Where the ball is, if it was detected.
pub(crate) fn position(sighting: Sighting) -> Option<Point> {
    match sighting {
        Sighting::Position { x, y, .. } => Some(Point { x, y }),
        Sighting::Undetected | Sighting::Undecodable => None,
    }
}

/// In the words of `--verbose`.
pub(crate) fn describe(sighting: Sighting) -> String {
    match sighting {
        Sighting::Position { x, y, confidence } => {
            format!("ball at ({x:.3}, {y:.3}), confidence {confidence:.2}")
        }
        Sighting::Undetected => "no ball".into(),
        Sighting::Undecodable => "undecodable".into(),
    }
}
