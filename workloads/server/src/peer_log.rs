//! A line on stderr for each peer that failed or was refused, with the cause. Whoever may connect may fail as often as
//! it likes, so the lines are bounded in number; those that are left out are counted.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines within one [`SPAN`].
const MOST: u32 = 10;
const SPAN: Duration = Duration::from_secs(10);

/// What was logged lately.
#[derive(Debug, Default)]
pub(crate) struct PeerLog(Mutex<Budget>);

impl PeerLog {
    /// Logs that `peer`, an address or a name, failed or was refused, and why.
    pub(crate) fn failed(&self, peer: &str, cause: &str, now: Instant) {
        let mut budget = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log_omitted(budget.renew(now));
        if budget.spend(now) {
            tracing::warn!("{peer}: {cause}");
        }
    }

    /// Logs how many lines were left out so far: no more will come.
    pub(crate) fn finish(&self) {
        log_omitted(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).omitted);
    }

    /// Logs how many lines were left out, once their time is over. To be called about once a second.
    pub(crate) fn tick(&self, now: Instant) {
        log_omitted(self.0.lock().unwrap_or_else(PoisonError::into_inner).renew(now));
    }
}

fn log_omitted(omitted: u32) {
    if omitted > 0 {
        tracing::warn!("{omitted} more peers failed or were refused within {} s", SPAN.as_secs());
    }
}

/// Counts lines within a span that begins with its first line.
#[derive(Debug, Default)]
struct Budget {
    began: Option<Instant>,
    written: u32,
    omitted: u32,
}

impl Budget {
    /// Whether one more line may be written.
    fn spend(&mut self, now: Instant) -> bool {
        self.began.get_or_insert(now);
        let is_within = self.written < MOST;
        if is_within {
            self.written += 1;
        } else {
            self.omitted += 1;
        }
        is_within
    }

    /// Begins anew where the span is over; how many lines were left out in it.
    fn renew(&mut self, now: Instant) -> u32 {
        let is_over = self.began.is_some_and(|began| now.saturating_duration_since(began) >= SPAN);
        if is_over { std::mem::take(self).omitted } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_budget_is_counted_and_said_once() {
        let (start, mut budget) = (Instant::now(), Budget::default());
        let written = (0..25).filter(|_| budget.spend(start)).count();
        assert_eq!(written, 10);
        assert_eq!(budget.renew(start + SPAN / 2), 0, "not yet");
        assert!(!budget.spend(start + SPAN / 2));
        assert_eq!(budget.renew(start + SPAN), 16);
        assert_eq!(budget.renew(start + SPAN), 0);
        assert!(budget.spend(start + SPAN));
    }
}
