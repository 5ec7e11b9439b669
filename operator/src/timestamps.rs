//! Times of the API.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// `time` as the API stores it: without a fraction. Rounded towards the past, so it is as valid as it was.
pub(crate) fn stored_time(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// How long it is from one time to another; nothing where that is earlier, as clocks of different machines differ.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_cut_and_nothing_lasts_less_than_nothing() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01.999Z"));
        assert_eq!(stored_time(late), Time(at("2026-01-01T00:00:01Z")));
        assert_eq!(between(early, late), Duration::from_millis(1999));
        assert_eq!(between(late, early), Duration::ZERO);
    }
}
