//! One line of the examination.

use crate::session_report::columns;

/// What was read, or why it could not be.
pub(crate) type Read<T> = Result<T, String>;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// It may be in the way, or nobody knows.
    Warn,
    /// Sessions do not work like this.
    Fail,
}

/// What was found about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) level: Level,
    pub(crate) subject: &'static str,
    pub(crate) finding: String,
}

impl Check {
    /// All is well.
    pub(super) fn ok(subject: &'static str, finding: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject, finding: finding.into() }
    }

    /// Something may be in the way; what to do about it.
    pub(super) fn warn(subject: &'static str, finding: impl std::fmt::Display, advice: &str) -> Self {
        Self { level: Level::Warn, subject, finding: format!("{finding}: {advice}") }
    }

    /// Something is in the way; what to do about it.
    pub(super) fn fail(subject: &'static str, finding: impl std::fmt::Display, advice: &str) -> Self {
        Self { level: Level::Fail, subject, finding: format!("{finding}: {advice}") }
    }

    /// Nobody knows, because it may not be read or the API server did not answer.
    pub(super) fn unread(subject: &'static str, error: &str) -> Self {
        Self { level: Level::Warn, subject, finding: format!("not examined, {error}") }
    }
}

/// A line for each check.
pub(crate) fn lines(checks: &[Check]) -> String {
    let rows = checks.iter().map(|check| {
        let level = match check.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        vec![level.to_owned(), check.subject.to_owned(), check.finding.clone()]
    });
    columns(&rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_level_subject_finding_and_what_to_do() {
        let checks = [
            Check::ok("operator", "two replicas"),
            Check::warn("quota", "it is tight", "make it wider"),
            Check::fail("lease", "nobody holds it", "look"),
            Check::unread("policies", "it is forbidden"),
        ];
        assert_eq!(
            lines(&checks),
            "ok     operator   two replicas\n\
             warn   quota      it is tight: make it wider\n\
             fail   lease      nobody holds it: look\n\
             warn   policies   not examined, it is forbidden\n"
        );
    }
}
