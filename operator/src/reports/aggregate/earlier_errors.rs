//! What client processes had reported before the run began: of an unbounded session they outlive a change of what is
//! measured, and their posts count errors since their own start.

use std::collections::HashMap;

use report::ErrorEntry;

use crate::reports::aggregate::order::Position;
use crate::reports::stores::PodKey;

/// The errors of processes up to the beginning of the run, by the UIDs of their pods.
#[derive(Debug, Default)]
pub(super) struct EarlierErrors(HashMap<String, Earlier>);

#[derive(Debug)]
struct Earlier {
    pod: PodKey,
    process: Position,
    errors: Vec<ErrorEntry>,
}

impl EarlierErrors {
    /// A run begins, and this is the last that was reported before.
    pub(super) fn remember(&mut self, pod: PodKey, process: Position, errors: Vec<ErrorEntry>) {
        self.0.insert(pod.uid.clone(), Earlier { pod, process, errors });
    }

    /// The errors of this run among those that a process reports.
    pub(super) fn without(&self, pod: &str, position: &Position, reported: &[ErrorEntry]) -> Vec<ErrorEntry> {
        let earlier = self.0.get(pod).filter(|earlier| earlier.process.is_same_process(position));
        let before = |error: &ErrorEntry| {
            let errors = earlier.iter().flat_map(|earlier| &earlier.errors);
            let same = errors.into_iter().find(|before| before.code == error.code);
            same.map_or(0, |before| before.count)
        };
        let new = reported.iter().map(|error| {
            let count = error.count.saturating_sub(before(error));
            ErrorEntry { count, ..error.clone() }
        });
        new.filter(|error| error.count > 0).collect()
    }

    /// Forgets the pods that do not exist any more.
    pub(super) fn retain(&mut self, exists: impl Fn(&PodKey) -> bool) {
        self.0.retain(|_, earlier| exists(&earlier.pod));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
