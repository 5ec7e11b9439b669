//! Which of two posts of a pod is the newer one: by what names their process, then by their number. Clocks of pods may step
//! back, and the next process of a container may start with an earlier one.

use std::collections::VecDeque;

use jiff::Timestamp;
use report::post::{ClientPost, ServerPost};

/// Processes that are over and remembered: a post of theirs that is still under way is old.
const MAX_PAST: usize = 16;

/// Where a post stands among those of its pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// What the process is named by; posts of version 1 have no such name.
    instance: Option<String>,
    /// When the process says that it started: all that distinguishes processes of version 1.
    started_at: Timestamp,
    sequence: u64,
}

impl Position {
    pub(super) fn of_server(post: &ServerPost) -> Self {
        Self { instance: post.instance.clone(), started_at: post.started_at, sequence: post.sequence }
    }

    pub(super) fn of_client(post: &ClientPost) -> Self {
        Self { instance: post.instance.clone(), started_at: post.started_at, sequence: post.sequence }
    }

    /// Whether both are of one process.
    pub(super) fn is_same_process(&self, other: &Self) -> bool {
        match (&self.instance, &other.instance) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.started_at == other.started_at,
            _ => false,
        }
    }

    /// Whether the process names itself.
    pub(super) fn is_named(&self) -> bool {
        self.instance.is_some()
    }

    /// When the process says that it started.
    pub(super) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Whether this post is to follow `newest`, of the same pod, after the processes in `past`.
    pub(super) fn follows(&self, newest: &Self, past: &Past) -> bool {
        if self.is_same_process(newest) {
            return self.sequence > newest.sequence;
        }
        match &self.instance {
            // A new name is a new process, for good.
            Some(_) => !past.contains(self),
            // One without a name never follows one that has one.
            None => newest.instance.is_none() && self.started_at > newest.started_at,
        }
    }
}

/// The named processes that were followed by others, the last one last.
#[derive(Debug, Default)]
pub(super) struct Past(VecDeque<String>);

impl Past {
    /// `position` is of a process that is over.
    pub(super) fn remember(&mut self, position: &Position) {
        let Some(instance) = &position.instance else { return };
        if self.0.len() == MAX_PAST {
            self.0.pop_front();
        }
        self.0.push_back(instance.clone());
    }

    /// Whether the process of `position` is over.
    pub(super) fn contains(&self, position: &Position) -> bool {
        position.instance.as_ref().is_some_and(|instance| self.0.contains(instance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(instance: &str, second: i64, sequence: u64) -> Position {
        let instance = (!instance.is_empty()).then(|| instance.to_owned());
        Position { instance, started_at: Timestamp::from_second(second).unwrap(), sequence }
    }

    /// V15: the clock of a pod stepped back, or its container was restarted with an earlier one.
    #[test]
    fn a_named_process_is_ordered_by_its_name_and_never_by_a_clock() {
        let mut past = Past::default();
        let newest = position("a", 100, 7);
        assert!(position("a", 100, 8).follows(&newest, &past));
        assert!(position("a", 40, 8).follows(&newest, &past), "the clock stepped back");
        assert!(!position("a", 160, 7).follows(&newest, &past), "a repetition");
        assert!(position("b", 40, 1).follows(&newest, &past), "restarted with an earlier clock");
        past.remember(&newest);
        let newest = position("b", 40, 1);
        assert!(!position("a", 100, 9).follows(&newest, &past), "replaced for good");
        assert!(!position("", 900, 1).follows(&newest, &past), "nor by one that has no name");
    }

    #[test]
    fn processes_without_a_name_are_ordered_by_their_start() {
        let (past, newest) = (Past::default(), position("", 100, 7));
        assert!(position("", 100, 8).follows(&newest, &past));
        assert!(position("", 101, 1).follows(&newest, &past));
        assert!(!position("", 99, 9).follows(&newest, &past));
        assert!(position("a", 1, 1).follows(&newest, &past), "another version of it");
    }

    #[test]
    fn so_many_processes_are_remembered() {
        let mut past = Past::default();
        (0..100).for_each(|number| past.remember(&position(&format!("p{number}"), 0, 1)));
        assert_eq!(past.0.len(), MAX_PAST);
        assert!(past.contains(&position("p99", 0, 1)) && !past.contains(&position("p83", 0, 1)));
    }
}
