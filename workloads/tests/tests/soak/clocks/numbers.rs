//! What no duration that a server shows is, whatever happens beside it on a machine that is busy.

use report::Summary;
use serde_json::Value;

/// Below the least by which a clock is set.
const LONGEST_MILLISECONDS: f64 = 900.0;

/// These add up.
const SUMS: [&str; 2] = ["throttledMilliseconds", "pressureMilliseconds"];

/// Asserts that no duration is what only a clock can be wrong by.
///
/// # Panics
/// Where one is, or where there are no durations at all.
pub(crate) fn assert_sane(summary: &Summary) {
    let value = serde_json::to_value(summary).unwrap();
    let mut durations = Vec::new();
    collect(&value, "", false, &mut durations);
    assert!(durations.len() > 20, "{durations:?}");
    for (name, milliseconds) in durations {
        assert!((0.0..LONGEST_MILLISECONDS).contains(&milliseconds), "{name}: {milliseconds} in {value}");
    }
}

/// All numbers in milliseconds, under names that say so or in what is divided up.
fn collect(value: &Value, path: &str, is_duration: bool, durations: &mut Vec<(String, f64)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter().filter(|(key, _)| !SUMS.contains(&key.as_str())) {
                let is_duration = is_duration
                    || key.ends_with("Milliseconds")
                    || key.ends_with("MillisecondsP95")
                    || key == "latencySplit";
                collect(member, &format!("{path}.{key}"), is_duration, durations);
            }
        }
        Value::Array(members) => {
            members.iter().for_each(|member| collect(member, path, is_duration, durations));
        }
        Value::Number(number) if is_duration => durations.push((path.to_owned(), number.as_f64().unwrap())),
        _ => {}
    }
}
