//! Whether the numbers are good enough. Too little data is never good enough, and neither is a missing number.

use std::time::Duration;

use super::{
    numbers::Numbers,
    outcome::Verdict,
    reason::{Failure, Reason},
};
use crate::verdict::Objectives;

/// Compares `numbers` with `objectives`.
pub fn verdict(numbers: &Numbers, objectives: &Objectives) -> Verdict {
    let have = numbers.frames.settled();
    // Without any data there is nothing to judge, whatever the minimum says.
    let need = objectives.minimum_frames.max(1);
    if have < need {
        return Verdict::InsufficientSamples { have, need };
    }
    let in_milliseconds = |duration: Duration| duration.as_micros() as f64 / 1e3;
    let judged = [
        (Reason::ErrorTooHigh, objectives.error_p95_pixels, numbers.error_pixels.map(|error| error.p95)),
        (
            Reason::LatencyTooHigh,
            objectives.latency_p95.map(in_milliseconds),
            numbers.latency_milliseconds.map(|latency| latency.p95),
        ),
        (Reason::LossTooHigh, objectives.loss_percent, numbers.loss_percent),
        (
            Reason::FreezeTooLong,
            objectives.longest_freeze.map(in_milliseconds),
            numbers.freezes.map(|freezes| freezes.longest_milliseconds),
        ),
        (
            Reason::SetupTooSlow,
            objectives.setup_p95.map(in_milliseconds),
            numbers.setup_milliseconds.map(|setup| setup.p95),
        ),
    ];
    let failures: Vec<Failure> = judged
        .into_iter()
        .filter_map(|(reason, allowed, measured)| {
            let allowed = allowed?;
            // Not `measured > allowed`: a number from elsewhere that is no number must not pass.
            let is_met = measured.is_some_and(|measured| measured <= allowed);
            (!is_met).then_some(Failure { reason, measured, allowed })
        })
        .collect();
    if failures.is_empty() { Verdict::Met } else { Verdict::NotMet(failures) }
}

#[cfg(test)]
mod tests {
    use report::{ErrorPixels, Frames, Freezes, LatencyMilliseconds, SetupQuantiles};

    use super::*;

    /// 1000 frames, 95 % of them matched, everything a bit from perfect.
    fn numbers() -> Numbers {
        let frames = Frames { sent: 1010, pending: 10, matched: 950, lost: 50, ..Frames::default() };
        Numbers {
            frames,
            loss_percent: frames.loss_percent(),
            error_pixels: Some(ErrorPixels { mean: 0.5, p50: 0.4, p95: 0.9, max: 4.0 }),
            latency_milliseconds: Some(LatencyMilliseconds { p50: 10.0, p95: 180.0, max: 990.0 }),
            freezes: Some(Freezes { count: 1, longest_milliseconds: 400.0 }),
            setup_milliseconds: Some(SetupQuantiles { p50: 60.0, p95: 80.0 }),
        }
    }

    fn judge(numbers: &Numbers, objectives: &str) -> String {
        verdict(numbers, &objectives.parse().unwrap()).to_string()
    }

    const MET: &str = "error-p95=0.9,latency-p95=180ms,loss=5,freeze=400ms,setup-p95=80ms,frames=1000";

    #[test]
    fn reaching_a_limit_exactly_meets_it() {
        assert_eq!(judge(&numbers(), MET), "Met");
        assert!(verdict(&numbers(), &Objectives::default()).is_met());
    }

    #[test]
    fn each_limit_has_its_reason_with_value_and_threshold() {
        for (objective, message) in [
            ("error-p95=0.8", "ErrorTooHigh: 0.9 px error p95, 0.8 px allowed"),
            ("latency-p95=150ms", "LatencyTooHigh: 180 ms latency p95, 150 ms allowed"),
            ("loss=1", "LossTooHigh: 5 % lost, 1 % allowed"),
            ("freeze=0.3s", "FreezeTooLong: 400 ms longest freeze, 300 ms allowed"),
            ("setup-p95=79ms", "SetupTooSlow: 80 ms setup p95, 79 ms allowed"),
        ] {
            assert_eq!(judge(&numbers(), objective), message);
        }
    }

    #[test]
    fn the_first_reason_comes_first() {
        let objectives = "setup-p95=1ms,freeze=0s,loss=0,latency-p95=1ms,error-p95=0".parse().unwrap();
        let Verdict::NotMet(failures) = verdict(&numbers(), &objectives) else { panic!("met") };
        let reasons: Vec<_> = failures.iter().map(|failure| failure.reason.as_str()).collect();
        assert_eq!(
            reasons,
            ["ErrorTooHigh", "LatencyTooHigh", "LossTooHigh", "FreezeTooLong", "SetupTooSlow"]
        );
        assert_eq!(Verdict::NotMet(failures).as_str(), "ErrorTooHigh");
    }

    #[test]
    fn too_little_data_is_neither_good_nor_bad() {
        let verdict = verdict(&numbers(), &"loss=0,frames=1001".parse().unwrap());
        assert_eq!(verdict, Verdict::InsufficientSamples { have: 1000, need: 1001 });
        assert_eq!(
            verdict.to_string(),
            "InsufficientSamples: the fate of 1000 frames is known, 1001 are needed"
        );
    }

    #[test]
    fn total_loss_is_a_failure_and_missing_numbers_never_pass() {
        let frames = Frames { sent: 300, lost: 300, ..Frames::default() };
        let nothing = Numbers {
            frames,
            loss_percent: frames.loss_percent(),
            error_pixels: None,
            latency_milliseconds: None,
            freezes: None,
            setup_milliseconds: None,
        };
        for (objective, message) in [
            ("error-p95=1", "ErrorTooHigh: no frame was matched, 1 px error p95 allowed"),
            ("latency-p95=1s", "LatencyTooHigh: no frame was matched, 1000 ms latency p95 allowed"),
            ("loss=1", "LossTooHigh: 100 % lost, 1 % allowed"),
            ("freeze=1s", "FreezeTooLong: no two frames were decoded, 1000 ms longest freeze allowed"),
            ("setup-p95=5s", "SetupTooSlow: no client reported, 5000 ms setup p95 allowed"),
        ] {
            assert_eq!(judge(&nothing, objective), message);
        }
        assert_eq!(
            judge(&Numbers { loss_percent: Some(f64::NAN), ..numbers() }, "loss=1").split(':').next(),
            Some("LossTooHigh")
        );
    }

    #[test]
    fn no_data_at_all_is_never_met() {
        let nothing = Numbers { frames: Frames::default(), ..numbers() };
        let objectives = Objectives { minimum_frames: 0, ..Objectives::default() };
        assert!(!verdict(&nothing, &objectives).is_met());
    }
}
