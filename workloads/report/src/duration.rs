//! Durations as people write them: `30s`, `150ms`, `1.5s`, `1m30s`.

use std::time::Duration;

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration: write numbers with a unit (ms, s, m or h), such as 150ms, 30s or 1m30s")]
pub struct InvalidDuration(String);

/// The duration that `text` names, of the form `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`; the parts are added up.
///
/// # Errors
/// Where `text` has another form, or is longer than a [`Duration`] can express.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    loop {
        let part;
        (part, rest) = take_part(rest).ok_or_else(|| InvalidDuration(shorten(text)))?;
        total = total.checked_add(part).ok_or_else(|| InvalidDuration(shorten(text)))?;
        if rest.is_empty() {
            return Ok(total);
        }
    }
}

/// The first number with its unit, and what follows it.
fn take_part(text: &str) -> Option<(Duration, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map(digits);
    if whole == 0 || fraction == Some(0) {
        return None;
    }
    let (number, rest) = text.split_at(whole + fraction.map_or(0, |digits| digits + 1));
    // `ms` before `m`, or its `s` would be left over.
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (rest, seconds) =
        units.iter().find_map(|(unit, seconds)| Some((rest.strip_prefix(unit)?, seconds)))?;
    let number: f64 = number.parse().ok()?;
    Some((Duration::try_from_secs_f64(number * seconds).ok()?, rest))
}

/// Enough of a wrong text to recognise it in an error line.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_write() {
        for (text, milliseconds) in [
            ("150ms", 150),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1.5s", 1_500),
            ("1m30s", 90_000),
            ("2h0.5m", 7_230_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for text in ["", "5", "s", "5 s", "-5s", "1.s", ".5s", "5sec", "1e3s", "5s,", "٣s", &"9".repeat(400)]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("{}h", "9".repeat(400))).is_err());
        assert_eq!(
            parse("5 s").unwrap_err().to_string(),
            "\"5 s\" is no duration: write numbers with a unit (ms, s, m or h), such as 150ms, 30s or 1m30s"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = parse(&text);
        }

        #[test]
        fn whole_milliseconds_are_exact(milliseconds in 0u64..1_000_000_000) {
            prop_assert_eq!(parse(&format!("{milliseconds}ms")), Ok(Duration::from_millis(milliseconds)));
        }
    }
}
