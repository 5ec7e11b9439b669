//! Limits that leave a pod too little of the processor.

use ballsession_e2e::Part;
use serde_json::json;

use crate::case::{Case, When};
use crate::cases::reasons::{SLOW, THIN};
use crate::cases::spec::steady_with;
use crate::expected::{Answer, Expected, Heals, Since};
use crate::fault::Fault;

/// All of this kind.
pub(super) fn cases() -> Vec<Case> {
    vec![
        limited("server limited to 15m", Part::Server, 15, &["cause ServerCpu"], &[]),
        limited(
            "client limited to 10m",
            Part::Client,
            10,
            &["{client-0}", "{client-node}", "cause ClientCpu"],
            &["{client-1}"],
        ),
    ]
}

fn limited(
    name: &'static str,
    part: Part,
    millicores: u32,
    named: &'static [&'static str],
    unnamed: &'static [&'static str],
) -> Case {
    // What is left has to be too little for the video, whatever machine it is.
    let spec = steady_with(json!({
        "video": {"width": 640, "height": 480, "framesPerSecond": 30, "bitrateKbps": 1000},
        "objectives": {"latencyP95": "300ms", "longestFreeze": "1s"}
    }));
    let expected = Expected {
        met: Answer::turns(SLOW, 10).also(THIN),
        named,
        unnamed,
        heals: Some(Heals { ready: 45, met: 60, since: Since::End }),
        ..Expected::ANY
    };
    Case::new(name, Fault::LimitCpu(part, millicores), When::Running, spec, expected).lasting(15)
}
