//! The namespaces that have sessions, for who may not see all. To gather them all sessions are gone through, which is not to be done
//! for each request of somebody who has no right.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long they are taken for those that there are.
const KEPT: Duration = Duration::from_secs(5);

/// The namespaces as they were gathered last.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    /// Locked while they are gathered: that is done once for all who wait.
    last: Mutex<Option<(Instant, Arc<BTreeSet<String>>)>>,
}

impl Namespaces {
    /// Those of a few seconds before `now`; else what is gathered.
    pub(super) fn at(
        &self,
        now: Instant,
        gather: impl FnOnce() -> BTreeSet<String>,
    ) -> Arc<BTreeSet<String>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = last.as_ref().filter(|(since, _)| now.saturating_duration_since(*since) < KEPT);
        if let Some((_, namespaces)) = kept {
            return Arc::clone(namespaces);
        }
        let namespaces = Arc::new(gather());
        *last = Some((now, Arc::clone(&namespaces)));
        namespaces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_gone_through_once_in_a_few_seconds() {
        let (start, namespaces) = (Instant::now(), Namespaces::default());
        let mut gathered = Vec::new();
        for tenths in 0..120 {
            let now = start + Duration::from_millis(tenths * 100);
            let found = namespaces.at(now, || {
                gathered.push(tenths);
                BTreeSet::from([format!("n-{tenths}")])
            });
            assert_eq!(*found, BTreeSet::from([format!("n-{}", tenths / 50 * 50)]));
        }
        assert_eq!(gathered, [0, 50, 100]);
    }
}
