//! How numbers look in a status: bounded in length.

/// Numbers are shown up to here: with a unit they still fit their fields of 16 characters.
const MOST: f64 = 999_000_000.0;
/// What is smaller is shown as 0.
const LEAST: f64 = 1e-6;

/// `value` with 3 significant digits; `None` for what is no number. Quantities are never negative.
pub(super) fn decimal(value: f64) -> Option<String> {
    if value.is_nan() {
        return None;
    }
    let value = if value < LEAST { 0.0 } else { value.min(MOST) };
    Some(report::significant(value).to_string())
}

/// Pixels, such as `0.012px`.
pub(super) fn pixels(value: f64) -> Option<String> {
    decimal(value).map(|text| text + "px")
}

/// Milliseconds, such as `7.5ms`.
pub(super) fn milliseconds(value: f64) -> Option<String> {
    decimal(value).map(|text| text + "ms")
}

/// Percent with 3 digits, such as `0.17%`, `8.10%`, `12.3%` or `100%`: in a column that is watched, a digit that comes
/// and goes would catch the eye.
pub(super) fn percent(value: f64) -> Option<String> {
    if value.is_nan() {
        return None;
    }
    let value = value.clamp(0.0, 100.0);
    let decimals = match value {
        small if small < 9.995 => 2,
        medium if medium < 99.95 => 1,
        _ => 0,
    };
    Some(format!("{value:.decimals$}%"))
}

/// Kubernetes has no unsigned numbers.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        assert_eq!(pixels(0.012_04).as_deref(), Some("0.012px"));
        assert_eq!(pixels(14.24).as_deref(), Some("14.2px"));
        assert_eq!(milliseconds(7.5).as_deref(), Some("7.5ms"));
        assert_eq!(milliseconds(412.4).as_deref(), Some("412ms"));
        for (value, text) in [
            (0.0, "0.00%"),
            (0.166_6, "0.17%"),
            (8.1, "8.10%"),
            (9.996, "10.0%"),
            (12.34, "12.3%"),
            (99.96, "100%"),
            (100.0, "100%"),
        ] {
            assert_eq!(percent(value).as_deref(), Some(text));
        }
    }

    #[test]
    fn no_number_is_too_long_for_its_field() {
        for value in [0.0, -1.0, 1e-300, 0.000_001_234, 0.123_456, 1e9, f64::MAX, f64::INFINITY, f64::MIN] {
            for text in [pixels(value), milliseconds(value), percent(value)] {
                let text = text.unwrap();
                assert!(text.len() <= 16 && !text.starts_with('-'), "{value}: {text}");
            }
        }
        assert_eq!((decimal(f64::NAN), percent(f64::NAN)), (None, None));
    }
}
