//! What is reported, and what makes a post of it due at once.

use std::collections::BTreeSet;

use crate::codes::{ErrorCode, State};

/// What is reported. Called on the task's thread, so it must be quick.
pub trait Source: Send + Sync + 'static {
    /// What decides whether a post is due.
    fn state(&self) -> SourceState;

    /// The post with this number, as JSON: all that there is to report now.
    fn post(&self, sequence: u64) -> Vec<u8>;

    /// A post was taken, and this is the body of the answer: all of it, or empty where it is longer than
    /// [`MAX_ANSWER_BYTES`](super::MAX_ANSWER_BYTES) or does not come.
    fn answered(&self, body: &[u8]);
}

/// The state of a process, as far as it decides when it reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Whether there are numbers that change by themselves, and so are reported again and again.
    pub active: bool,
    /// The state of its connection, if it is one connection.
    pub state: Option<State>,
    /// The errors that happened.
    pub codes: BTreeSet<ErrorCode>,
    /// What holds now and is worth a post when it begins, and again when it ends; each by a name of its own.
    pub conditions: BTreeSet<&'static str>,
    /// How many of those that are to be connected are not. With each more a post goes out at once: the answer says whether
    /// the operator has ended them itself.
    pub absent: usize,
    /// How often something was needed that only the answer to a post can say. With each more a post goes out at once.
    pub questions: u64,
}

impl SourceState {
    /// Whether the change from `before` is to be posted at once: an error of a new kind, another state, another
    /// condition, one more that is absent, or the end of what changes by itself.
    pub(super) fn is_urgent_after(&self, before: &Self) -> bool {
        self.state != before.state
            || self.conditions != before.conditions
            || self.absent > before.absent
            || self.questions > before.questions
            || (before.active && !self.active)
            || !self.codes.is_subset(&before.codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_turns_or_goes_away_is_urgent() {
        let idle = SourceState { state: Some(State::Connecting), ..SourceState::default() };
        let active = SourceState { active: true, ..idle.clone() };
        let failed = SourceState { codes: [ErrorCode::IceFailed].into(), ..active.clone() };
        let worse = SourceState { codes: [ErrorCode::IceFailed, ErrorCode::Other].into(), ..active.clone() };
        let connected = SourceState { state: Some(State::Connected), ..active.clone() };
        let absent = |absent| SourceState { absent, ..active.clone() };
        let asked = |questions| SourceState { questions, ..active.clone() };
        let missed = SourceState { conditions: ["Missed"].into(), ..active.clone() };
        for (before, after, urgent) in [
            (&active, &active, false),
            (&idle, &active, false),
            (&active, &idle, true),
            (&active, &failed, true),
            (&failed, &failed, false),
            (&failed, &worse, true),
            (&active, &connected, true),
            (&connected, &active, true),
            (&active, &missed, true),
            (&missed, &missed, false),
            (&missed, &active, true),
            (&active, &absent(1), true),
            (&absent(1), &absent(1), false),
            (&absent(1), &absent(2), true),
            (&absent(2), &absent(1), false),
            (&active, &asked(1), true),
            (&asked(1), &asked(1), false),
            (&asked(1), &asked(2), true),
        ] {
            assert_eq!(after.is_urgent_after(before), urgent, "{before:?} {after:?}");
        }
    }
}
