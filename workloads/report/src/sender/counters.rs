//! Posts, counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::result::PostResult;

/// Posts by what became of them. Clones share the counters.
#[derive(Debug, Clone)]
pub struct PostCounters(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Default for PostCounters {
    fn default() -> Self {
        // With the zeros: a rate needs a counter that was there before.
        Self(Arc::new(Mutex::new(PostResult::LABELS.map(|label| (label, 0)).into())))
    }
}

impl PostCounters {
    /// Each result and its count.
    pub fn by_result(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count(&self, result: PostResult) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry(result.label()).or_default() += 1;
    }
}
