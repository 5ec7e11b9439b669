//! What a run measures: by which hash it is known, and in words.

use std::time::Duration;

use crds::{BallSessionSpec, Video};
use serde::Serialize;

use crate::run::Drill;
use crate::session::hash::short_hash;

/// The stream, with exactly these fields in this order: hashes are stored, and another one is another run. What a later version
/// adds joins them only where it is not its default.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stream {
    width: i32,
    height: i32,
    frames_per_second: i32,
    bitrate_kbps: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_bytes: Option<i32>,
}

/// The ball; as for the stream.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ball {
    radius_pixels: i32,
    speed_pixels_per_second: i32,
}

/// The hash of a run of this length: another one for whatever else is measured, and for another `spec.run`. A run without an end
/// goes on when it is drilled otherwise.
pub(super) fn run_hash(spec: &BallSessionSpec, duration: Option<Duration>, drill: Option<&Drill>) -> String {
    let stream = Stream {
        width: spec.video.width,
        height: spec.video.height,
        frames_per_second: spec.video.frames_per_second,
        bitrate_kbps: spec.video.bitrate_kbps,
        packet_bytes: packet_bytes(spec),
    };
    let ball = Ball {
        radius_pixels: spec.ball.radius_pixels,
        speed_pixels_per_second: spec.ball.speed_pixels_per_second,
    };
    let milliseconds = duration.map(|duration| duration.as_millis());
    let drill = drill.filter(|_| duration.is_some()).map(Drill::in_words);
    match (run_name(spec), drill) {
        // As before runs had names.
        (None, None) => short_hash(&(stream, ball, milliseconds)),
        (Some(name), None) => short_hash(&(stream, ball, milliseconds, name)),
        (name, Some(drill)) => short_hash(&(stream, ball, milliseconds, name, drill)),
    }
}

/// The payload of a full packet, where it is another than by default.
fn packet_bytes(spec: &BallSessionSpec) -> Option<i32> {
    Some(spec.video.packet_bytes).filter(|bytes| *bytes != Video::PACKET_BYTES)
}

/// What the run is called, if it is.
pub(super) fn run_name(spec: &BallSessionSpec) -> Option<&str> {
    spec.run.as_deref().filter(|name| !name.is_empty())
}

/// What is measured, for people.
pub(super) fn in_words(spec: &BallSessionSpec) -> String {
    let (video, ball) = (&spec.video, &spec.ball);
    let length =
        spec.duration.as_ref().map_or_else(|| "without an end".to_owned(), |text| format!("for {text}"));
    let packets =
        packet_bytes(spec).map_or_else(String::new, |bytes| format!(" in packets of {bytes} bytes"));
    format!(
        "{}x{} at {} fps and {} kbps{packets}, a ball of {} px at {} px/s, {length}",
        video.width,
        video.height,
        video.frames_per_second,
        video.bitrate_kbps,
        ball.radius_pixels,
        ball.speed_pixels_per_second,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn hash(spec: &Value, seconds: Option<u64>) -> String {
        run_hash(&serde_json::from_value(spec.clone()).unwrap(), seconds.map(Duration::from_secs), None)
    }

    /// O10: another hash would wipe every finished run at an upgrade.
    #[test]
    fn hashes_stay_what_they_are() {
        assert_eq!(hash(&json!({}), None), "364f6ba1939bfb64");
        let spec = json!({"video": {"width": 320}, "ball": {"radiusPixels": 11}});
        assert_eq!(hash(&spec, Some(300)), "2bf3bbdc3bf69b38");
        assert_eq!(hash(&json!({"run": ""}), None), hash(&json!({}), None));
        let deadlines =
            json!({"startDeadline": "30s", "ttlAfterFinished": "1h", "clients": 7, "suspend": true});
        assert_eq!(hash(&deadlines, None), hash(&json!({}), None));
        // What came later is of no account where it is as it was before.
        assert_eq!(hash(&json!({"video": {"packetBytes": 1188}}), None), hash(&json!({}), None));
        assert_ne!(hash(&json!({"video": {"packetBytes": 1187}}), None), hash(&json!({}), None));
    }

    #[test]
    fn another_name_is_another_run() {
        let [first, second] = ["a", "b"].map(|name| hash(&json!({"run": name}), Some(300)));
        assert_ne!(first, second);
        assert_ne!(first, hash(&json!({}), Some(300)));
    }

    #[test]
    fn a_drill_is_of_a_run_that_has_an_end() {
        let hash = |seconds: Option<u64>, name: &str, after: Option<u64>| {
            let drill =
                |seconds| Drill { kind: crds::DrillKind::RestartServer, after: Duration::from_secs(seconds) };
            let spec = BallSessionSpec { run: Some(name.to_owned()), ..BallSessionSpec::default() };
            run_hash(&spec, seconds.map(Duration::from_secs), after.map(drill).as_ref())
        };
        assert_eq!(hash(None, "", Some(30)), hash(None, "", None));
        assert_eq!(hash(Some(300), "", Some(30)), "137a97af8d71f00b");
        let drilled = |name, after| hash(Some(300), name, after);
        assert_ne!(drilled("", Some(30)), drilled("", None));
        assert_ne!(drilled("", Some(30)), drilled("", Some(31)));
        assert_ne!(drilled("", Some(30)), drilled("a", Some(30)));
    }

    #[test]
    fn the_longest_words_fit() {
        let spec = json!({
            "video": {"width": 1920, "height": 1080, "framesPerSecond": 60, "bitrateKbps": 20_000, "packetBytes": 8900},
            "ball": {"radiusPixels": 200, "speedPixelsPerSecond": 5000}, "duration": "1234567890.1234h"
        });
        let words = in_words(&serde_json::from_value(spec).unwrap());
        assert!(words.len() <= 128, "{} bytes", words.len());
        assert!(words.contains("20000 kbps in packets of 8900 bytes, a ball"), "{words}");
        assert_eq!(
            in_words(&BallSessionSpec::default()),
            "640x480 at 30 fps and 1000 kbps, a ball of 20 px at 270 px/s, without an end"
        );
    }
}
