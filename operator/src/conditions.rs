//! How conditions are found and written.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::timestamps::stored_time;

/// The condition of a type, if there is one.
pub(crate) fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// A condition; the time of its last transition is kept while its status stays.
pub(crate) fn condition(
    kind: &str,
    status: bool,
    reason: &str,
    message: &str,
    generation: Option<i64>,
    stored: &[Condition],
    time: Timestamp,
) -> Condition {
    let status = if status { "True" } else { "False" };
    let last = find(stored, kind).filter(|last| last.status == status);
    Condition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: bounded(message),
        observed_generation: generation,
        last_transition_time: last.map_or(stored_time(time), |last| last.last_transition_time.clone()),
    }
}

/// A message without line breaks and the like, cut to what the status may hold.
pub(crate) fn bounded(message: &str) -> String {
    cut(message, crds::MAX_MESSAGE)
}

/// The same in at most `limit` bytes, of which there are enough for a mark that something was cut.
pub(crate) fn cut(message: &str, limit: usize) -> String {
    const MORE: &str = "…";
    let clean: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.len() <= limit {
        return clean;
    }
    let end = (0..=limit.saturating_sub(MORE.len())).rfind(|end| clean.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{MORE}", &clean[..end])
}

#[cfg(test)]
mod tests {
    use crds::contract::READY;

    use super::*;

    #[test]
    fn the_transition_is_that_of_the_status_alone() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = condition(READY, false, "A", "", Some(1), &[], at(10));
        let same = condition(READY, false, "B", "m", Some(2), std::slice::from_ref(&first), at(20));
        let other = condition(READY, true, "C", "", Some(2), std::slice::from_ref(&same), at(30));
        assert_eq!(
            [&first, &same, &other].map(|condition| condition.last_transition_time.0),
            [at(10), at(10), at(30)]
        );
        assert_eq!((same.reason.as_str(), same.observed_generation), ("B", Some(2)));
    }

    #[test]
    fn messages_are_one_line_within_the_limit() {
        assert_eq!(bounded("a\nb\u{1b}[0m"), "a b [0m");
        assert_eq!(bounded(&"x".repeat(256)), "x".repeat(256));
        let cut = bounded(&"ä".repeat(200));
        assert!(cut.len() <= 256 && cut.ends_with("ä…"), "{cut}");
    }
}
