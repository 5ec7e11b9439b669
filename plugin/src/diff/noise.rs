//! How far two runs of the same differ by themselves. What is within that is no difference.
//!
//! Of the three that are known the largest counts: what the clocks and the grid of pixels resolve, a share of the number itself,
//! and what the samples say. Those are how far the clients of one run are apart, and of shares in percent how well so many
//! frames can tell them.

use crate::session_report::{Quantity, Report};

/// Frames are not lost one by one: what keeps one from coming keeps its neighbours too, so that so many frames tell as much as
/// one alone would.
const FRAMES_IN_A_ROW: f64 = 10.0;
/// A difference of so many standard errors is none that chance makes.
const STANDARD_ERRORS: f64 = 3.0;

/// Of a quantity in two reports, in its unit.
pub(super) fn noise(quantity: Quantity, a: &Report, b: &Report) -> f64 {
    let (Some(value_a), Some(value_b)) = (a.value(quantity), b.value(quantity)) else { return 0.0 };
    let of_samples = match quantity {
        Quantity::Loss | Quantity::Undetected | Quantity::Delivered => counting(quantity, a, b),
        _ => spread(quantity, a).max(spread(quantity, b)),
    };
    let relative = share(quantity) * value_a.abs().max(value_b.abs());
    report::significant(resolution(quantity).max(relative).max(of_samples))
}

/// The least difference that means anything.
fn resolution(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::ErrorP95 | Quantity::ErrorMean => 0.005,
        Quantity::LatencyP95 | Quantity::LatencyP50 => 1.0,
        Quantity::Loss | Quantity::Undetected | Quantity::Delivered => 0.1,
        // One frame at 30 frames per second.
        Quantity::Freeze | Quantity::Recovery => 34.0,
        Quantity::SetupP95 => 50.0,
    }
}

/// By how much of itself the number of one run differs from that of the next. Of the longest and the slowest there is one
/// sample in each run.
fn share(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Freeze | Quantity::SetupP95 | Quantity::Recovery => 0.25,
        Quantity::Loss | Quantity::Undetected | Quantity::Delivered => 0.0,
        Quantity::ErrorP95 | Quantity::LatencyP95 | Quantity::ErrorMean | Quantity::LatencyP50 => 0.1,
    }
}

/// How well the frames of both can tell a share in percent.
fn counting(quantity: Quantity, a: &Report, b: &Report) -> f64 {
    let frames = |report: &Report| {
        let settled = report.frames.map_or(0, |frames| frames.sent - frames.pending);
        // Below ten million the conversion is exact, and above it is near enough.
        (settled.max(0) as f64 / FRAMES_IN_A_ROW).max(1.0)
    };
    let (frames_a, frames_b) = (frames(a), frames(b));
    let value = |report: &Report| report.value(quantity).unwrap_or_default().clamp(0.0, 100.0) / 100.0;
    let pooled = (value(a) * frames_a + value(b) * frames_b) / (frames_a + frames_b);
    STANDARD_ERRORS * 100.0 * (pooled * (1.0 - pooled) * (1.0 / frames_a + 1.0 / frames_b)).sqrt()
}

/// The standard deviation among the clients of one run.
fn spread(quantity: Quantity, of: &Report) -> f64 {
    let values: Vec<f64> = of.clients.iter().filter_map(|client| client.value(quantity)).collect();
    if values.len() < 2 {
        return 0.0;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{missed, session};
    use crate::session_report::{Measured, report};

    fn with(quantity: Quantity, value: f64, sent: i64) -> Report {
        let mut report = report(&session(&missed()));
        report.clients.clear();
        report.quantities = vec![Measured::new(quantity, Some(value), None)];
        report.frames.as_mut().unwrap().sent = sent;
        report
    }

    #[test]
    fn the_more_frames_the_smaller_a_share_can_be_told() {
        let at = |loss, sent| {
            noise(Quantity::Loss, &with(Quantity::Loss, loss, sent), &with(Quantity::Loss, loss, sent))
        };
        assert_eq!(at(0.0, 100_000), 0.1, "the resolution");
        assert_eq!(at(1.0, 9_000), 1.41, "3 * 100 * sqrt(0.01 * 0.99 * 2 / 900)");
        assert_eq!(at(1.0, 900_000), 0.141);
        assert_eq!(at(50.0, 0), 212.0, "without frames nothing can be told");
    }

    #[test]
    fn times_and_errors_have_a_floor_a_share_and_the_spread_of_clients() {
        let latency = |value| with(Quantity::LatencyP95, value, 900);
        assert_eq!(noise(Quantity::LatencyP95, &latency(2.0), &latency(3.0)), 1.0);
        assert_eq!(noise(Quantity::LatencyP95, &latency(20.0), &latency(300.0)), 30.0);
        let wide = report(&session(&missed()));
        assert_eq!(noise(Quantity::LatencyP95, &wide, &latency(20.0)), 173.0, "clients of 5 and 250 ms");
        assert_eq!(
            noise(Quantity::Freeze, &with(Quantity::Freeze, 0.0, 9), &with(Quantity::Freeze, 33.0, 9)),
            34.0
        );
    }
}
