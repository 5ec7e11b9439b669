//! How posts fared.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Answer;

/// Posts by what became of them. Clones share the counts.
#[derive(Debug, Clone)]
pub struct PostCounters(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Default for PostCounters {
    fn default() -> Self {
        // With the zeros: a rate can only be told of a counter that was there before.
        Self(Arc::new(Mutex::new(Answer::LABELS.map(|label| (label, 0)).into())))
    }
}

impl PostCounters {
    /// Each result and its count.
    pub fn by_result(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count(&self, answer: Answer) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(answer.label()).or_default() += 1;
    }
}
