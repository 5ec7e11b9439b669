//! Sessions that faults befall.

use ballsession_e2e::{quick, with};
use serde_json::{Value, json};

/// Two clients that cost little, judged soon by numbers that a busy machine can keep, and that no fault can.
pub(super) fn steady() -> Value {
    with(
        quick(),
        json!({
            "clients": 2,
            "objectives": {
                "window": "10s", "lossPercent": "5", "undetectedPercent": "5", "deliveredPercent": "80",
                "longestFreeze": "3s"
            }
        }),
    )
}

/// The same with a change.
pub(super) fn steady_with(changes: Value) -> Value {
    with(steady(), changes)
}

/// With the server on a node; its clients prefer the other one.
pub(super) fn server_on(node: &str) -> Value {
    steady_with(json!({"server": {"nodeSelector": {"kubernetes.io/hostname": node}}}))
}
