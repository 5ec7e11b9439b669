//! What sessions ask for.

use serde_json::{Value, json};

/// A session of one client that costs little and is judged soon, and so generously that a busy machine does not fail
/// it: for scenarios that are about something else than its numbers.
pub fn quick() -> Value {
    json!({
        "clients": 1,
        "video": {"width": 320, "height": 240, "framesPerSecond": 15, "bitrateKbps": 300},
        "objectives": {
            "window": "5s", "minimumFrames": 30, "errorPixelsP95": "1", "latencyP95": "1s", "lossPercent": "20",
            "undetectedPercent": "20", "deliveredPercent": "50", "longestFreeze": "10s", "setupP95": "60s"
        }
    })
}

/// `base` with `changes`, field by field.
pub fn with(mut base: Value, changes: Value) -> Value {
    merge(&mut base, changes);
    base
}

fn merge(base: &mut Value, changes: Value) {
    match (base, changes) {
        (Value::Object(base), Value::Object(changes)) => {
            for (key, value) in changes {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, changes) => *base = changes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_go_to_the_leaves() {
        let changed =
            with(json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"b": {"d": 4, "e": {"f": 5}}, "g": [6]}));
        assert_eq!(changed, json!({"a": 1, "b": {"c": 2, "d": 4, "e": {"f": 5}}, "g": [6]}));
    }
}
