//! What makes a post due at once.

use std::collections::BTreeSet;

use crate::{ErrorCode, State};

/// How a process stands, as far as that decides when it reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Whether there are numbers that change by themselves, and so are reported again and again.
    pub active: bool,
    /// How its connection stands, if it is one connection.
    pub state: Option<State>,
    /// The errors that happened.
    pub codes: BTreeSet<ErrorCode>,
}

impl SourceState {
    /// Whether this is worth a post at once, when `before` is what it was: an error of a new kind, another state, or
    /// the end of what changes by itself.
    pub(super) fn is_news(&self, before: &Self) -> bool {
        self.state != before.state || (before.active && !self.active) || !self.codes.is_subset(&before.codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_code_another_state_and_the_end_are_news() {
        let idle = SourceState { state: Some(State::Connecting), ..SourceState::default() };
        let active = SourceState { active: true, ..idle.clone() };
        let failed = SourceState { codes: [ErrorCode::IceFailed].into(), ..active.clone() };
        let worse = SourceState { codes: [ErrorCode::IceFailed, ErrorCode::Other].into(), ..active.clone() };
        let connected = SourceState { state: Some(State::Connected), ..active.clone() };
        for (before, after, news) in [
            (&active, &active, false),
            (&idle, &active, false),
            (&active, &idle, true),
            (&active, &failed, true),
            (&failed, &failed, false),
            (&failed, &worse, true),
            (&active, &connected, true),
            (&connected, &active, true),
        ] {
            assert_eq!(after.is_news(before), news, "{before:?} {after:?}");
        }
    }
}
