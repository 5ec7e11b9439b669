//! How floats leave the program: no digits beyond what was measured.

use std::time::Duration;

/// `value` rounded to 3 significant digits, which is what the histograms behind the quantiles resolve.
///
/// ```
/// assert_eq!(ballsession_report::significant(0.012_349), 0.0123);
/// assert_eq!(ballsession_report::significant(1_234.5), 1230.0);
/// ```
pub fn significant(value: f64) -> f64 {
    // Through text, so that the result is the float nearest to the decimal number and prints as that number.
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// `duration` in milliseconds, rounded to 3 significant digits.
pub fn milliseconds(duration: Duration) -> f64 {
    significant(duration.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_survive() {
        for (value, rounded) in
            [(0.0, 0.0), (8.096, 8.1), (99.96, 100.0), (-0.001_234, -0.001_23), (33.333, 33.3)]
        {
            assert_eq!(significant(value), rounded);
        }
        assert!(significant(f64::NAN).is_nan());
        assert_eq!(milliseconds(Duration::from_micros(7_512)), 7.51);
    }
}
