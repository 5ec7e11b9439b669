//! A row of the table: what came of a fault for a session.

use crate::expected::Expected;
use crate::outcome::Outcome;
use crate::timeline::{Course, Timeline};

/// What came of a fault for a session, in the table's words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    /// The fault, and which session.
    pub(crate) fault: String,
    /// What had to come.
    pub(crate) expected: String,
    /// Reasons for which Ready was not True, with seconds.
    pub(crate) ready: String,
    /// The same of ObjectivesMet.
    pub(crate) met: String,
    /// Who or what had to be named.
    pub(crate) named: String,
    /// What else there is to say.
    pub(crate) note: String,
    /// The figures, and what was not as expected.
    pub(crate) outcome: Outcome,
    /// What the conditions said in the course of time, for who looks into a row that is not as expected.
    pub(crate) evidence: Vec<String>,
    /// Whether the fault had to be seen in a condition.
    pub(crate) is_fault: bool,
}

impl Row {
    /// One of a case that was played to its end.
    pub(crate) fn of(
        fault: String,
        expected: &Expected,
        named: &[String],
        timeline: &Timeline,
        outcome: Outcome,
    ) -> Self {
        Self {
            fault,
            expected: expected.to_string(),
            ready: reasons(&timeline.ready),
            met: reasons(&timeline.met),
            named: named.join(", "),
            note: String::new(),
            evidence: [evidence("Ready", &timeline.ready), evidence("ObjectivesMet", &timeline.met)].concat(),
            is_fault: expected.limit() > 0,
            outcome,
        }
    }

    /// One of a case that could not be played.
    pub(crate) fn failed(fault: String, expected: &Expected, why: String) -> Self {
        let outcome = Outcome { problems: vec![why], ..Outcome::default() };
        Self { outcome, ..Self::of(fault, expected, &[], &Timeline::default(), Outcome::default()) }
    }

    /// Whether all was as expected.
    pub(crate) fn is_good(&self) -> bool {
        self.outcome.problems.is_empty()
    }

    /// Adds something to say.
    pub(crate) fn add_note(&mut self, note: &str) {
        if !note.is_empty() {
            let separator = if self.note.is_empty() { "" } else { "; " };
            self.note += &format!("{separator}{note}");
        }
    }
}

/// Each status and reason, with the message that it came with.
fn evidence(kind: &str, course: &Course) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = None;
    for (at, seen) in course.since_begin() {
        if last.replace((&seen.status, &seen.reason)) != Some((&seen.status, &seen.reason)) {
            lines.push(format!("{at:7.1} s  {kind} {} {}: {}", seen.status, seen.reason, seen.message));
        }
    }
    lines
}

/// For which reasons a condition was not True, each with when it was so first.
fn reasons(course: &Course) -> String {
    let mut reasons: Vec<(f64, &str)> = Vec::new();
    for (at, seen) in course.since_begin() {
        if !seen.is_true() && !reasons.iter().any(|(_, reason)| *reason == seen.reason) {
            reasons.push((at.max(0.0), &seen.reason));
        }
    }
    let words: Vec<_> = reasons.iter().map(|(at, reason)| format!("{reason} {at:.1} s")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::tests::course;

    #[test]
    fn a_reason_stands_where_it_came_first() {
        let course = course(&[
            (-2.0, "Unknown", "Starting", ""),
            (3.2, "False", "NoMedia", "a"),
            (4.0, "False", "ClientsLost", ""),
            (5.0, "False", "NoMedia", "b"),
            (9.0, "True", "Met", ""),
        ]);
        assert_eq!(reasons(&course), "Starting 0.0 s, NoMedia 3.2 s, ClientsLost 4.0 s");
        assert_eq!(evidence("Met", &course)[1], "    3.2 s  Met False NoMedia: a");
        assert_eq!(evidence("Met", &course).len(), 5);
    }
}
