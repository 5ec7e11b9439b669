//! The ranges of the numbers and texts in a spec, each written down once.
//!
//! The same constants put a range into the schema, where the API server enforces it, and answer
//! [`WholeRange::contains`] and [`DecimalRange::parse`] for whoever reads an object that was stored under an older
//! schema.

use std::ops::RangeInclusive;
use std::time::Duration;

use kube::core::Rule;
use schemars::Schema;

use crate::rule::add_rule;

/// How a duration is written; the parts are added up.
pub const DURATION_PATTERN: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";

/// How a number that may have a fraction is written: as text, because floats do not survive every client unchanged.
pub const DECIMAL_PATTERN: &str = r"^[0-9]{1,5}(\.[0-9]{1,3})?$";

/// How a fault is written, with a seed behind `@`: `offset=5px`, `drop=2%`, `delay=300ms`, `freeze=1s@7`. It stands
/// in a string of CEL, where a backslash would need another.
pub const FAULT_PATTERN: &str = concat!(
    r"^(offset=[0-9]{1,4}([.][0-9]{1,3})?px|drop=(100|[0-9]{1,2}([.][0-9]{1,3})?)%|",
    r"(delay|freeze)=[0-9]{1,5}([.][0-9]{1,3})?(ms|s))(@[0-9]{1,18})?$"
);

/// The longest duration or decimal, in characters. CEL needs a bound to estimate what a rule costs.
const MAX_NUMBER: i32 = 16;

/// The longest session name: with `-client-99` and a pod's suffix behind it, it still is a DNS label.
pub const MAX_NAME: usize = 40;

/// Bytes of a message anywhere in the status.
pub const MAX_MESSAGE: usize = 256;

/// Bytes of a way that media takes: with two addresses of IPv6 and their ports.
pub const MAX_PATH: usize = 128;

/// `spec.clients`.
pub const CLIENTS: WholeRange = WholeRange::new(0..=100);
/// Nodes that a session has clients on, one on each.
pub const MAX_NODES: usize = 100;
/// `spec.duration`.
pub const DURATION: DurationRange =
    DurationRange { least: Duration::from_secs(5), most: Duration::from_secs(168 * 3600) };
/// `spec.startDeadline`.
pub const START_DEADLINE: DurationRange =
    DurationRange { least: Duration::from_secs(10), most: Duration::from_secs(168 * 3600) };
/// `spec.drill.after`.
pub const DRILL_AFTER: DurationRange =
    DurationRange { least: Duration::from_secs(5), most: Duration::from_secs(24 * 3600) };
/// `spec.ttlAfterFinished`.
pub const TTL_AFTER_FINISHED: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(8760 * 3600) };
/// The longest `spec.run`, in characters.
pub const MAX_RUN_NAME: usize = 63;
/// `spec.video.width`, in pixels. Even, because chroma has half the resolution.
pub const WIDTH: WholeRange = WholeRange::new(64..=1920).even();
/// `spec.video.height`, in pixels. Even, as the width.
pub const HEIGHT: WholeRange = WholeRange::new(64..=1080).even();
/// `spec.video.framesPerSecond`.
pub const FRAMES_PER_SECOND: WholeRange = WholeRange::new(5..=60);
/// `spec.video.bitrateKbps`.
pub const BITRATE_KBPS: WholeRange = WholeRange::new(50..=20_000);
/// `spec.video.packetBytes`: more than headers, and less than a jumbo frame.
pub const PACKET_BYTES: WholeRange = WholeRange::new(200..=8900);
/// `spec.ball.radiusPixels`.
pub const RADIUS_PIXELS: WholeRange = WholeRange::new(4..=200);
/// Pixels that the picture must have beside the ball's diameter, so that the ball has somewhere to go.
pub const BALL_MARGIN_PIXELS: i32 = 8;
/// `spec.ball.speedPixelsPerSecond`.
pub const SPEED_PIXELS_PER_SECOND: WholeRange = WholeRange::new(0..=5000);
/// `spec.objectives.window`.
pub const WINDOW: DurationRange =
    DurationRange { least: Duration::from_secs(5), most: Duration::from_secs(3600) };
/// `spec.objectives.errorPixelsP95`. More than the diagonal of the largest picture.
pub const ERROR_PIXELS: DecimalRange = DecimalRange { most: 2500 };
/// `spec.objectives.latencyP95`. A frame reported after more than 1 s counts as late, so no latency is longer.
pub const LATENCY: DurationRange =
    DurationRange { least: Duration::from_millis(1), most: Duration::from_secs(1) };
/// `spec.objectives.lossPercent`.
pub const LOSS_PERCENT: DecimalRange = DecimalRange { most: 100 };
/// `spec.objectives.undetectedPercent`.
pub const UNDETECTED_PERCENT: DecimalRange = DecimalRange { most: 100 };
/// `spec.objectives.deliveredPercent`.
pub const DELIVERED_PERCENT: DecimalRange = DecimalRange { most: 100 };
/// `spec.objectives.longestFreeze`.
pub const LONGEST_FREEZE: DurationRange =
    DurationRange { least: Duration::from_millis(10), most: Duration::from_secs(3600) };
/// `spec.objectives.setupP95`.
pub const SETUP: DurationRange =
    DurationRange { least: Duration::from_millis(10), most: Duration::from_secs(3600) };
/// `spec.objectives.recovery`.
pub const RECOVERY: DurationRange =
    DurationRange { least: Duration::from_millis(10), most: Duration::from_secs(3600) };
/// `spec.objectives.minimumFrames`.
pub const MINIMUM_FRAMES: WholeRange = WholeRange::new(1..=10_000_000);

/// A range of whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeRange {
    range: RangeInclusive<i32>,
    step: i32,
}

impl WholeRange {
    const fn new(range: RangeInclusive<i32>) -> Self {
        Self { range, step: 1 }
    }

    const fn even(self) -> Self {
        Self { range: self.range, step: 2 }
    }

    /// Whether `value` is allowed.
    pub fn contains(&self, value: i32) -> bool {
        self.range.contains(&value) && value % self.step == 0
    }

    /// Puts the range into a schema.
    pub(crate) fn rule(self) -> impl FnMut(&mut Schema) {
        move |schema| {
            // With a format, 1.5 is refused for not being an "int32", without it for not being an "integer".
            schema.remove("format");
            schema.insert("minimum".into(), (*self.range.start()).into());
            schema.insert("maximum".into(), (*self.range.end()).into());
            if self.step > 1 {
                schema.insert("multipleOf".into(), self.step.into());
            }
        }
    }
}

impl std::fmt::Display for WholeRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parity = if self.step == 2 { "an even number" } else { "a whole number" };
        write!(f, "{parity} from {} to {}", self.range.start(), self.range.end())
    }
}

/// A range of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationRange {
    least: Duration,
    most: Duration,
}

impl DurationRange {
    /// Whether `value` is allowed.
    pub fn contains(&self, value: Duration) -> bool {
        (self.least..=self.most).contains(&value)
    }

    /// Puts the range into a schema.
    pub(crate) fn rule(self) -> impl FnMut(&mut Schema) {
        let (least, most) = (text(self.least), text(self.most));
        let rule = format!("duration(self) >= duration('{least}') && duration(self) <= duration('{most}')");
        number(DURATION_PATTERN, rule, format!("must be {self}"))
    }
}

impl std::fmt::Display for DurationRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a duration from {} to {}, written like 1h30m, 45s or 150ms",
            text(self.least),
            text(self.most)
        )
    }
}

/// A range of decimal numbers, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalRange {
    most: i32,
}

impl DecimalRange {
    /// The number that `text` is, if it is one that is allowed.
    pub fn parse(&self, text: &str) -> Option<f64> {
        let digits = |text: &str, most| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let well_formed = match text.split_once('.') {
            Some((whole, fraction)) => digits(whole, 5) && digits(fraction, 3),
            None => digits(text, 5),
        };
        text.parse().ok().filter(|value| well_formed && *value <= f64::from(self.most))
    }

    /// Puts the range into a schema.
    pub(crate) fn rule(self) -> impl FnMut(&mut Schema) {
        number(DECIMAL_PATTERN, format!("double(self) <= {}.0", self.most), format!("must be {self}"))
    }
}

impl std::fmt::Display for DecimalRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a number from 0 to {} in quotes with at most 3 decimals, such as \"1\" or \"0.5\"",
            self.most
        )
    }
}

/// Puts the form of a number that is written as text into a schema, and a rule for its value.
fn number(pattern: &'static str, rule: String, message: String) -> impl FnMut(&mut Schema) {
    move |schema| {
        schema.insert("maxLength".into(), MAX_NUMBER.into());
        schema.insert("pattern".into(), pattern.into());
        add_rule(schema, Rule::new(&rule).message(message.as_str()));
    }
}

/// A duration with the largest unit that gives a whole number.
fn text(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    match units.into_iter().find(|(_, size)| milliseconds.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", milliseconds / size),
        None => format!("{milliseconds}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_their_ends_and_say_what_is_allowed() {
        assert!([64, 66, 1920].iter().all(|width| WIDTH.contains(*width)));
        assert!(![62, 65, 1922, -64].iter().any(|width| WIDTH.contains(*width)));
        assert_eq!(WIDTH.to_string(), "an even number from 64 to 1920");
        assert_eq!(CLIENTS.to_string(), "a whole number from 0 to 100");

        assert!(DURATION.contains(Duration::from_secs(5)));
        assert!(!DURATION.contains(Duration::from_millis(4_999)));
        assert!(!DURATION.contains(Duration::from_millis(604_800_001)));
        assert_eq!(DURATION.to_string(), "a duration from 5s to 168h, written like 1h30m, 45s or 150ms");

        assert_eq!((LOSS_PERCENT.parse("0"), LOSS_PERCENT.parse("00100.000")), (Some(0.0), Some(100.0)));
        for text in ["", ".5", "1.", "1.0001", "100.001", "-1", "+1", "1e2", "nan", "inf", "1,5"] {
            assert_eq!(LOSS_PERCENT.parse(text), None, "{text}");
        }
    }
}
