//! Objectives of the command line as a session has them.

use std::time::Duration;

use crds::limits::{self, DecimalRange, DurationRange};
use measure::verdict::Objectives;
use serde_json::{Map, Value, json};

use crate::request::written::written;

/// The fields of `spec.objectives`, of what is required alone.
///
/// # Errors
/// Where a session may not have what a server may be asked for: with key, value and what is allowed.
pub(crate) fn objectives(required: &Objectives) -> Result<Map<String, Value>, String> {
    // Without `..`: a limit that comes later has to have its field.
    let Objectives {
        error_p95_pixels,
        latency_p95,
        loss_percent,
        undetected_percent,
        delivered_percent,
        longest_freeze,
        setup_p95,
        minimum_frames,
        recovery,
    } = *required;
    let numbers: [(&str, &str, Option<f64>, DecimalRange); 4] = [
        ("error-p95", "errorPixelsP95", error_p95_pixels, limits::ERROR_PIXELS),
        ("loss", "lossPercent", loss_percent, limits::LOSS_PERCENT),
        ("undetected", "undetectedPercent", undetected_percent, limits::UNDETECTED_PERCENT),
        ("delivered", "deliveredPercent", delivered_percent, limits::DELIVERED_PERCENT),
    ];
    let durations: [(&str, &str, Option<Duration>, DurationRange); 4] = [
        ("latency-p95", "latencyP95", latency_p95, limits::LATENCY),
        ("freeze", "longestFreeze", longest_freeze, limits::LONGEST_FREEZE),
        ("setup-p95", "setupP95", setup_p95, limits::SETUP),
        ("recovery", "recovery", recovery, limits::RECOVERY),
    ];
    let mut fields = Map::new();
    for (key, field, value, range) in numbers {
        let Some(value) = value else { continue };
        let text = value.to_string();
        range.parse(&text).ok_or_else(|| format!("{key} is {text}, allowed is {range}"))?;
        fields.insert(field.into(), json!(text));
    }
    for (key, field, value, range) in durations {
        let Some(value) = value else { continue };
        let text = written(value);
        if !range.contains(value) {
            return Err(format!("{key} is {text}, allowed is {range}"));
        }
        fields.insert(field.into(), json!(text));
    }
    let frames = i32::try_from(minimum_frames).ok().filter(|frames| limits::MINIMUM_FRAMES.contains(*frames));
    let frames =
        frames.ok_or_else(|| format!("frames is {minimum_frames}, allowed is {}", limits::MINIMUM_FRAMES))?;
    fields.insert("minimumFrames".into(), json!(frames));
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Value, String> {
        objectives(&text.parse().unwrap()).map(Value::Object)
    }

    #[test]
    fn every_key_has_its_field_and_what_the_resource_reads_is_the_same() {
        let text = "error-p95=1.5,latency-p95=200ms,loss=0,undetected=2,delivered=95.5,freeze=1s,setup-p95=1m30s,recovery=10s,frames=30";
        let fields = of(text).unwrap();
        assert_eq!(
            fields,
            json!({
                "errorPixelsP95": "1.5", "latencyP95": "200ms", "lossPercent": "0", "undetectedPercent": "2",
                "deliveredPercent": "95.5", "longestFreeze": "1s", "setupP95": "90s", "recovery": "10s", "minimumFrames": 30
            })
        );
        let read: crds::Objectives = serde_json::from_value(fields.clone()).unwrap();
        let mut written = serde_json::to_value(read).unwrap();
        written.as_object_mut().unwrap().remove("window");
        assert_eq!(written, fields);
    }

    #[test]
    fn what_a_session_may_not_have_is_refused_by_key_value_and_range() {
        for (text, message) in [
            (
                "latency-p95=5s",
                "latency-p95 is 5s, allowed is a duration from 1ms to 1s, written like 1h30m, 45s or 150ms",
            ),
            (
                "error-p95=2501",
                "error-p95 is 2501, allowed is a number from 0 to 2500 in quotes with at most 3 decimals, such as \"1\" or \"0.5\"",
            ),
            ("frames=10000001", "frames is 10000001, allowed is a whole number from 1 to 10000000"),
        ] {
            assert_eq!(of(text).unwrap_err(), message);
        }
        assert!(of("loss=0.0001").unwrap_err().starts_with("loss is 0.0001, allowed is "));
    }
}
