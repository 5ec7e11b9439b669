//! The condition Complete: whether a bounded run is over, and how it ended.

use crate::run::life::Phase;
use crate::run::outcome::Outcome;

/// The reason of the condition Complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// The run has no end.
    Unbounded,
    /// It has not come yet, or its last numbers have not.
    Running,
    /// The run is over.
    Over(Outcome),
}

/// What its message speaks of, as it stands in the spec and in the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// For how long each client measures.
    pub duration: Option<&'a str>,
    /// Within which time each must have had media.
    pub start_deadline: &'a str,
    /// Why the session was not ready when the run was given up.
    pub cause: Option<&'a str>,
    /// Whether no clients are asked for.
    pub is_without_clients: bool,
    /// The end that is decided, although the last numbers are still awaited.
    pub decided: Option<Outcome>,
}

impl Completion {
    /// How far a run is whose life has come to `phase`.
    pub fn of(phase: Phase, is_bounded: bool) -> Self {
        match phase {
            Phase::Over(outcome) => Self::Over(outcome),
            Phase::Starting | Phase::Measuring | Phase::Ending(_) if is_bounded => Self::Running,
            Phase::Starting | Phase::Measuring | Phase::Ending(_) => Self::Unbounded,
        }
    }

    /// Its name in the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unbounded => "Unbounded",
            Self::Running => "Running",
            Self::Over(outcome) => outcome.as_str(),
        }
    }

    /// Whether the run is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Over(_))
    }

    /// The message of the condition.
    pub fn message(self, terms: Terms<'_>) -> String {
        let duration = terms.duration.unwrap_or("its time");
        match self {
            Self::Unbounded => "no duration is set: the session runs until it is deleted".to_owned(),
            Self::Running => match terms.decided.filter(|outcome| outcome.is_failure()) {
                Some(outcome) => format!("its last numbers are awaited: {}", ended(outcome, duration, terms)),
                None if terms.is_without_clients => {
                    format!(
                        "each client measures for {duration}, and none is asked for: the run waits for spec.clients"
                    )
                }
                None => format!("each client measures for {duration}"),
            },
            Self::Over(outcome) => ended(outcome, duration, terms),
        }
    }
}

fn ended(outcome: Outcome, duration: &str, Terms { start_deadline, cause, .. }: Terms<'_>) -> String {
    let cause = cause.map(|cause| format!("; {cause}")).unwrap_or_default();
    match outcome {
        Outcome::Finished => format!("each client measured for {duration}"),
        Outcome::StartDeadlineExceeded => {
            format!("not every client had media within {start_deadline}{cause}")
        }
        Outcome::Failed => {
            format!("not every client measured for {duration} within {start_deadline} and twice that{cause}")
        }
        Outcome::DeadlineExceeded => format!("not every client measured for {duration} in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_over_when_its_last_numbers_are_stored_and_not_before() {
        let given_up = Outcome::StartDeadlineExceeded;
        for (phase, is_bounded, completion) in [
            (Phase::Starting, true, Completion::Running),
            (Phase::Measuring, false, Completion::Unbounded),
            (Phase::Ending(Outcome::Finished), true, Completion::Running),
            (Phase::Over(given_up), true, Completion::Over(given_up)),
        ] {
            assert_eq!(Completion::of(phase, is_bounded), completion, "{phase:?}");
        }
    }

    #[test]
    fn the_message_says_what_was_not_in_time_and_why() {
        let terms = Terms {
            duration: Some("5m"),
            start_deadline: "10m",
            cause: Some("Unschedulable: 0/3 nodes"),
            is_without_clients: false,
            decided: None,
        };
        let over = |outcome| Completion::Over(outcome).message(terms);
        assert_eq!(over(Outcome::Finished), "each client measured for 5m");
        let late = "not every client had media within 10m; Unschedulable: 0/3 nodes";
        assert_eq!(over(Outcome::StartDeadlineExceeded), late);
        assert_eq!(
            over(Outcome::Failed),
            "not every client measured for 5m within 10m and twice that; Unschedulable: 0/3 nodes"
        );
        assert_eq!(Completion::Running.message(terms), "each client measures for 5m");
        let waits = Completion::Running.message(Terms { is_without_clients: true, ..terms });
        assert_eq!(
            waits,
            "each client measures for 5m, and none is asked for: the run waits for spec.clients"
        );
        let awaiting = Terms { decided: Some(Outcome::StartDeadlineExceeded), ..terms };
        assert_eq!(Completion::Running.message(awaiting), format!("its last numbers are awaited: {late}"));
    }
}
