//! Amounts of CPU and memory by value: the API server writes them in another form than they were given.

/// Fractions below this are rounded up, as the API server does.
const NANO_DIGITS: i32 = 9;

/// Whether two texts are the same amount. Texts that are none are the same only as texts.
pub(crate) fn equal(a: &str, b: &str) -> bool {
    a == b || matches!((nanos(a), nanos(b)), (Some(a), Some(b)) if a == b)
}

/// Whether a text is an amount.
pub(crate) fn is_amount(text: &str) -> bool {
    nanos(text).is_some()
}

/// An amount in billionths: a number, and behind it `n` to `E`, `Ki` to `Ei` or an exponent.
fn nanos(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (ten, two) = scale(suffix)?;
    let binary = digits.checked_mul(1_i128.checked_shl(two)?)?;
    let power = ten.checked_add(NANO_DIGITS)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let factor = 10_i128.checked_pow(power.unsigned_abs())?;
    let amount = if power >= 0 {
        binary.checked_mul(factor)?
    } else {
        binary / factor + i128::from(binary % factor != 0)
    };
    Some(if negative { -amount } else { amount })
}

/// The powers of ten and of two that a suffix stands for.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    if let Some(place) = decimal.iter().position(|known| *known == suffix) {
        return Some((i32::try_from(place).ok()? * 3 - NANO_DIGITS, 0));
    }
    let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(place) = binary.iter().position(|known| *known == suffix) {
        return Some((0, u32::try_from(place + 1).ok()? * 10));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    exponent.parse().ok().filter(|exponent| (-30..=30).contains(exponent)).map(|exponent| (exponent, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_amount_are_equal() {
        for (a, b) in [
            ("0.5", "500m"),
            ("1", "1000m"),
            ("1Gi", "1024Mi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("0.1", "100m"),
            ("128M", "128000000"),
            ("1E", "1000P"),
            ("+5", "5"),
            (".5", "500m"),
            ("0.0000000001", "1n"),
            ("unknown", "unknown"),
        ] {
            assert!(equal(a, b), "{a} {b}");
            assert_eq!(is_amount(a), a != "unknown", "{a}");
        }
    }

    #[test]
    fn other_amounts_and_texts_are_not() {
        for (a, b) in [
            ("0.5", "501m"),
            ("1Gi", "1G"),
            ("1", "-1"),
            ("", "0"),
            ("1", "one"),
            ("1.2.3", "1.2"),
            ("1Xi", "1Ki"),
            ("9999999999999999999999999999999999999999", "1"),
            ("1e99", "1e98"),
        ] {
            assert!(!equal(a, b), "{a} {b}");
        }
        for text in ["", "one", "1.2.3", "1Xi", "1 Gi", "1gb"] {
            assert!(!is_amount(text), "{text}");
        }
    }
}
