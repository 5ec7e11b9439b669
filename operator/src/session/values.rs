//! Single values of a spec against their ranges.

use std::collections::BTreeMap;
use std::time::Duration;

use crds::contract::{OWN_PREFIX, OWN_VARIABLES};
use crds::{BallSessionSpec, MediaPath, RELAY_GOES_WITH_PATH, RelayPlace, Variable, limits};
use report::duration;

use crate::kube_names::{is_label_word, is_subdomain};
use crate::run::Drill;
use crate::session::error::Error;

/// Checks all whole numbers.
pub(super) fn whole_numbers(spec: &BallSessionSpec) -> Result<(), Error> {
    let (video, ball) = (&spec.video, &spec.ball);
    for (field, value, range) in [
        ("spec.clients", spec.clients, limits::CLIENTS),
        ("spec.video.width", video.width, limits::WIDTH),
        ("spec.video.height", video.height, limits::HEIGHT),
        ("spec.video.framesPerSecond", video.frames_per_second, limits::FRAMES_PER_SECOND),
        ("spec.video.bitrateKbps", video.bitrate_kbps, limits::BITRATE_KBPS),
        ("spec.video.packetBytes", video.packet_bytes, limits::PACKET_BYTES),
        ("spec.ball.radiusPixels", ball.radius_pixels, limits::RADIUS_PIXELS),
        ("spec.ball.speedPixelsPerSecond", ball.speed_pixels_per_second, limits::SPEED_PIXELS_PER_SECOND),
        ("spec.objectives.minimumFrames", spec.objectives.minimum_frames, limits::MINIMUM_FRAMES),
    ] {
        if !range.contains(value) {
            return Err(Error::Value { field, value: value.to_string(), allowed: range.to_string() });
        }
    }
    Ok(())
}

/// Checks that annotations for pods are none of the operator's own.
pub(super) fn annotations(field: &'static str, annotations: &BTreeMap<String, String>) -> Result<(), Error> {
    not_ours(field, annotations.keys(), OWN_PREFIX)
}

/// Checks that variables for pods are none of the programs' own.
pub(super) fn variables(field: &'static str, variables: &[Variable]) -> Result<(), Error> {
    not_ours(field, variables.iter().map(|variable| &variable.name), OWN_VARIABLES)
}

fn not_ours<'a>(
    field: &'static str,
    mut names: impl Iterator<Item = &'a String>,
    prefix: &str,
) -> Result<(), Error> {
    match names.find(|name| name.starts_with(prefix)) {
        Some(name) => {
            let allowed = format!("a name that does not begin with {prefix}");
            Err(Error::Value { field, value: format!("{name:?}"), allowed })
        }
        None => Ok(()),
    }
}

/// Checks that a run is called as a label's value may be.
pub(super) fn run_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || (name.len() <= limits::MAX_RUN_NAME && is_label_word(name)) {
        return Ok(());
    }
    let most = limits::MAX_RUN_NAME;
    let allowed =
        format!("at most {most} letters, digits, '-', '_' and '.', with a letter or digit at both ends");
    Err(Error::Value { field: "spec.run", value: format!("{name:?}"), allowed })
}

/// Where the relay is, which has to be there where media goes by one, and nowhere else.
pub(super) fn relay(spec: &BallSessionSpec) -> Result<Option<RelayPlace>, Error> {
    let invalid =
        |field, value: String, allowed: &str| Error::Value { field, value, allowed: allowed.to_owned() };
    match (&spec.relay, spec.path == MediaPath::Relay) {
        (None, false) => Ok(None),
        (None, true) => Err(invalid("spec.relay", "missing".into(), RELAY_GOES_WITH_PATH)),
        (Some(_), false) => Err(invalid("spec.relay", "set".into(), RELAY_GOES_WITH_PATH)),
        (Some(relay), true) if !is_subdomain(&relay.secret_name) => {
            let value = format!("{:?}", relay.secret_name);
            Err(invalid("spec.relay.secretName", value, "the name of a Secret"))
        }
        (Some(relay), true) => relay
            .uri
            .parse()
            .map(Some)
            .map_err(|allowed: &str| invalid("spec.relay.uri", format!("{:?}", relay.uri), allowed)),
    }
}

/// The drill that is asked for, of a session that measures for so long.
pub(super) fn drill(asked: Option<&crds::Drill>, duration: Option<Duration>) -> Result<Option<Drill>, Error> {
    let Some(crds::Drill { after: text, kind }) = asked else { return Ok(None) };
    let field = "spec.drill.after";
    let after = time(field, text, limits::DRILL_AFTER)?;
    match duration.filter(|duration| after >= *duration) {
        Some(duration) => {
            let allowed = format!("a duration shorter than spec.duration, {}", written(duration));
            Err(Error::Value { field, value: format!("{text:?}"), allowed })
        }
        None => Ok(Some(Drill { kind: *kind, after })),
    }
}

/// The time over which a running session is judged.
pub(super) fn window(asked: &crds::Objectives) -> Result<Duration, Error> {
    time("spec.objectives.window", &asked.window, limits::WINDOW)
}

/// The objectives as numbers. All of them are judged, because all have defaults.
pub(super) fn objectives(asked: &crds::Objectives) -> Result<measure::Objectives, Error> {
    Ok(measure::Objectives {
        error_p95_pixels: Some(decimal(
            "spec.objectives.errorPixelsP95",
            &asked.error_pixels_p95,
            limits::ERROR_PIXELS,
        )?),
        latency_p95: Some(time("spec.objectives.latencyP95", &asked.latency_p95, limits::LATENCY)?),
        loss_percent: Some(decimal(
            "spec.objectives.lossPercent",
            &asked.loss_percent,
            limits::LOSS_PERCENT,
        )?),
        undetected_percent: Some(decimal(
            "spec.objectives.undetectedPercent",
            &asked.undetected_percent,
            limits::UNDETECTED_PERCENT,
        )?),
        delivered_percent: Some(decimal(
            "spec.objectives.deliveredPercent",
            &asked.delivered_percent,
            limits::DELIVERED_PERCENT,
        )?),
        longest_freeze: Some(time(
            "spec.objectives.longestFreeze",
            &asked.longest_freeze,
            limits::LONGEST_FREEZE,
        )?),
        setup_p95: Some(time("spec.objectives.setupP95", &asked.setup_p95, limits::SETUP)?),
        minimum_frames: asked.minimum_frames.unsigned_abs().into(),
        recovery: asked
            .recovery
            .as_deref()
            .map(|text| time("spec.objectives.recovery", text, limits::RECOVERY))
            .transpose()?,
    })
}

/// A duration with the largest unit that gives a whole number.
fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    match units.into_iter().find(|(_, size)| milliseconds.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", milliseconds / size),
        None => format!("{milliseconds}ms"),
    }
}

/// The duration in the text of a field.
pub(super) fn time(field: &'static str, text: &str, range: limits::DurationRange) -> Result<Duration, Error> {
    duration::parse(text).ok().filter(|duration| range.contains(*duration)).ok_or_else(|| Error::Value {
        field,
        value: format!("{text:?}"),
        allowed: range.to_string(),
    })
}

/// The number in the text of a field.
fn decimal(field: &'static str, text: &str, range: limits::DecimalRange) -> Result<f64, Error> {
    range.parse(text).ok_or_else(|| Error::Value {
        field,
        value: format!("{text:?}"),
        allowed: range.to_string(),
    })
}
