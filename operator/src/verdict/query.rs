//! What somebody asks beside the session's name.

use std::time::Duration;

use jiff::Timestamp;

use crate::timestamps::between;

/// By how much clocks may differ: a time that is farther in the future is a mistake, and would be waited for.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

/// Which evidence counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Of this run alone, by its name.
    pub(super) run: Option<String>,
    /// That was gathered since then, to the second: times of the API have no fraction.
    pub(super) newer_than: Option<Timestamp>,
}

impl Query {
    /// Reads it from behind the `?`, at `wall`.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub(crate) fn parse(text: &str, wall: Timestamp) -> Result<Self, String> {
        let mut query = Self::default();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            let is_new = match key.as_ref() {
                "run" => query.run.replace(value.into_owned()).is_none(),
                "newerThan" => query.newer_than.replace(time(&value, wall)?).is_none(),
                other => return Err(format!("there is no parameter {other:?}: there are run and newerThan")),
            };
            if !is_new {
                return Err(format!("{key} is given twice"));
            }
        }
        Ok(query)
    }
}

fn time(text: &str, wall: Timestamp) -> Result<Timestamp, String> {
    // A plus that is not encoded is a space.
    let time = text.replace(' ', "+").parse::<Timestamp>();
    let time = time.ok().and_then(|time| Timestamp::from_second(time.as_second()).ok());
    let time = time.ok_or_else(|| {
        format!("newerThan is {text:?}: it must be a time of RFC 3339, as in 2026-01-31T12:00:00Z")
    })?;
    if between(wall, time) > CLOCK_DIFFERENCE {
        return Err(format!("newerThan is {text:?}: it must not be in the future, and it is {wall:.0} now"));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn run_and_time_are_read_as_they_are_written() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        for (text, run, newer_than) in [
            ("", None, None),
            ("run=1.4.2", Some("1.4.2"), None),
            ("run=", Some(""), None),
            ("newerThan=2026-01-31T12:00:00Z", None, at("2026-01-31T12:00:00Z")),
            // Whoever asks may have a clock that is ahead.
            ("newerThan=2026-01-31T12:01:00Z", None, at("2026-01-31T12:01:00Z")),
            ("newerThan=2026-01-31T12:00:00.9Z", None, at("2026-01-31T12:00:00Z")),
            ("newerThan=2026-01-31T14:00:00+02:00&run=a", Some("a"), at("2026-01-31T12:00:00Z")),
            ("newerThan=2026-01-31T14%3A00%3A00%2B02%3A00", None, at("2026-01-31T12:00:00Z")),
        ] {
            let expected = Query { run: run.map(str::to_owned), newer_than };
            assert_eq!(Query::parse(text, now()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_ignored() {
        for (text, said) in [
            ("newer=1", "there is no parameter \"newer\": there are run and newerThan"),
            ("run=a&run=b", "run is given twice"),
            ("newerThan=yesterday", "newerThan is \"yesterday\": it must be a time of RFC 3339"),
            ("newerThan=2026-01-31", "it must be a time of RFC 3339"),
            (
                "newerThan=2026-01-31T12:01:01Z",
                "newerThan is \"2026-01-31T12:01:01Z\": it must not be in the future, and it is 2026-01-31T12:00:00Z now",
            ),
        ] {
            let refusal = Query::parse(text, now()).unwrap_err();
            assert!(refusal.contains(said), "{text}: {refusal}");
        }
    }
}
