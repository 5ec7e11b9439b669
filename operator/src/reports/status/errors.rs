//! Errors by code, of all processes of a run: those that are, and those that are gone.

use std::collections::BTreeMap;

use crds::{ErrorStatus, MAX_ERRORS, MAX_MESSAGE};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use report::{ErrorCode, ErrorEntry};

use crate::reports::status::text::whole;
use crate::timestamps::stored_time;

/// How often each code happened, and the last message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::reports) struct ErrorTotals(BTreeMap<ErrorCode, Total>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Total {
    count: u64,
    message: String,
    last_seen: Option<Timestamp>,
}

impl ErrorTotals {
    /// Those that a status shows.
    pub(in crate::reports) fn stored(errors: &[ErrorStatus]) -> Self {
        let mut totals = Self::default();
        for error in errors {
            let total = Total {
                count: u64::try_from(error.count).unwrap_or_default(),
                message: error.message.clone().unwrap_or_default(),
                last_seen: error.last_seen.as_ref().map(|time| time.0),
            };
            totals.0.insert(ErrorCode::from(error.code.clone()), total);
        }
        totals
    }

    /// Adds the errors of a process.
    pub(in crate::reports) fn add(&mut self, errors: &[ErrorEntry]) {
        for error in errors {
            let total = Total {
                count: error.count,
                message: report::escape(&error.message, MAX_MESSAGE),
                last_seen: Some(stored_time(error.last_seen).0),
            };
            self.merge(error.code, total, u64::saturating_add);
        }
    }

    /// Makes no code happen less often than in `others`.
    pub(in crate::reports) fn at_least(&mut self, others: &Self) {
        for (code, total) in &others.0 {
            self.merge(*code, total.clone(), u64::max);
        }
    }

    /// How many errors there were, and of which kinds.
    pub(in crate::reports) fn status(&self) -> (i64, Vec<ErrorStatus>) {
        let happened = || self.0.iter().filter(|(_, total)| total.count > 0);
        let sum = happened().fold(0_u64, |sum, (_, total)| sum.saturating_add(total.count));
        let errors = happened().take(MAX_ERRORS).map(|(code, total)| ErrorStatus {
            code: code.as_str().to_owned(),
            count: whole(total.count),
            message: (!total.message.is_empty()).then(|| total.message.clone()),
            last_seen: total.last_seen.map(Time),
        });
        (whole(sum), errors.collect())
    }

    fn merge(&mut self, code: ErrorCode, new: Total, counts: fn(u64, u64) -> u64) {
        match self.0.get_mut(&code) {
            Some(total) => {
                total.count = counts(total.count, new.count);
                if new.last_seen > total.last_seen {
                    (total.message, total.last_seen) = (new.message, new.last_seen);
                }
            }
            None => {
                self.0.insert(code, new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: ErrorCode, count: u64, message: &str, second: i64) -> ErrorEntry {
        let last_seen = Timestamp::from_second(second).unwrap();
        ErrorEntry { code, count, message: message.into(), last_seen }
    }

    #[test]
    fn codes_are_added_up_and_the_last_message_stays() {
        let mut totals = ErrorTotals::default();
        totals
            .add(&[error(ErrorCode::PeerLost, 2, "late", 20), error(ErrorCode::IceFailed, 1, "no\nway", 5)]);
        totals.add(&[error(ErrorCode::PeerLost, 3, "early", 10), error(ErrorCode::Other, 0, "", 0)]);
        let (count, errors) = totals.status();
        assert_eq!(count, 6);
        let shown: Vec<_> =
            errors.iter().map(|error| (error.code.as_str(), error.count, error.message.as_deref())).collect();
        assert_eq!(shown, [("IceFailed", 1, Some("no\\nway")), ("PeerLost", 5, Some("late"))]);
    }

    #[test]
    fn a_code_that_comes_twice_in_a_report_or_too_often_to_count_does_no_harm() {
        let mut totals = ErrorTotals::default();
        totals.add(&[error(ErrorCode::Other, u64::MAX, "a", 1), error(ErrorCode::Other, 2, "b", 2)]);
        totals.add(&[error(ErrorCode::PeerLost, u64::MAX, "c", 3)]);
        let (count, errors) = totals.status();
        assert_eq!((count, errors[1].count), (i64::MAX, i64::MAX));
    }

    #[test]
    fn what_was_shown_is_the_least_that_is_shown() {
        let mut before = ErrorTotals::default();
        before.add(&[error(ErrorCode::PeerLost, 5, "before", 10), error(ErrorCode::IceFailed, 1, "ice", 10)]);
        let stored = ErrorTotals::stored(&before.status().1);
        assert_eq!(stored, before);

        let mut after = ErrorTotals::default();
        after.add(&[error(ErrorCode::PeerLost, 2, "after", 20)]);
        after.at_least(&stored);
        let (count, errors) = after.status();
        assert_eq!((count, errors[1].count, errors[1].message.as_deref()), (6, 5, Some("after")));
    }
}
