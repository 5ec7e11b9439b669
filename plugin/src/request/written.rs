//! Durations as the resource has them.

use std::time::Duration;

/// With the largest unit that gives a whole number; less than a millisecond is cut off.
pub(crate) fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    match units.into_iter().find(|(_, size)| milliseconds > 0 && milliseconds.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", milliseconds / size),
        None => format!("{milliseconds}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_whole_unit() {
        for (milliseconds, text) in
            [(0, "0ms"), (150, "150ms"), (1_000, "1s"), (90_000, "90s"), (120_000, "2m"), (7_200_000, "2h")]
        {
            assert_eq!(written(Duration::from_millis(milliseconds)), text);
            assert_eq!(report::duration::parse(text), Ok(Duration::from_millis(milliseconds)));
        }
    }
}
