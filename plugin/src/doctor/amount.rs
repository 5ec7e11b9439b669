//! Amounts of the API as numbers, near enough to compare what is left with what is needed.

/// The number of a text such as `500m`, `1.5Gi` or `2e3`; `None` where it is none.
pub(super) fn amount(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0_f64.powi(2),
        "Gi" => 1024.0_f64.powi(3),
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        exponent => 10.0_f64.powi(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_and_exponents() {
        for (text, expected) in [
            ("2", 2.0),
            ("500m", 0.5),
            ("1.5Gi", 1_610_612_736.0),
            ("2e3", 2_000.0),
            ("1E", 1e18),
            ("64Mi", 67_108_864.0),
        ] {
            assert_eq!(amount(text), Some(expected), "{text}");
        }
        for text in ["", "x", "1x", "1 Gi", "e3"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
