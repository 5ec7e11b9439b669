//! How floats leave the program: no digits beyond what was measured.

use std::time::Duration;

/// `value` rounded to 3 significant digits, which is what the histograms behind the quantiles resolve.
///
/// ```
/// assert_eq!(ballsession_report::significant(0.012_349), 0.0123);
/// assert_eq!(ballsession_report::significant(1_234.5), 1230.0);
/// ```
pub fn significant(value: f64) -> f64 {
    // Either way the result is the float nearest to the decimal number, and prints as that number.
    if value == 0.0 { value } else { by_arithmetic(value).unwrap_or_else(|| by_text(value)) }
}

fn by_text(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// As [`by_text`] and fifty times as fast; `None` where it is not certain to be the same. Powers of ten up to 10^22 are exact
/// as floats, and so the one operation that makes the result rounds to the nearest.
fn by_arithmetic(value: f64) -> Option<f64> {
    let size = value.abs();
    let exponent = size.log10().floor() as i32 - 2;
    let power = *POWERS.get(exponent.unsigned_abs() as usize)?;
    let digits = if exponent < 0 { size * power } else { size / power };
    let is_near_half = (digits.fract() - 0.5).abs() < 1e-9;
    if is_near_half || !(100.0..1000.0).contains(&digits) {
        return None;
    }
    let digits = digits.round();
    Some((if exponent < 0 { digits / power } else { digits * power }).copysign(value))
}

const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// `duration` in milliseconds, rounded to 3 significant digits.
pub fn milliseconds(duration: Duration) -> f64 {
    significant(duration.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn it_is_what_the_text_is(digits in -10_000_000i64..10_000_000, exponent in -20i32..20, bits: u64) {
            let decimal: f64 = format!("{digits}e{exponent}").parse().unwrap();
            for value in [decimal, f64::from_bits(bits)] {
                let (got, expected) = (significant(value), by_text(value));
                prop_assert!(got == expected || got.is_nan() && expected.is_nan(), "{got} and {expected} of {value}");
            }
        }
    }
}
