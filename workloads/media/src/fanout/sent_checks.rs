//! Which session a STUN response is for.
//!
//! A response names nobody (RFC 8489, section 5): only its transaction says whose request it answers. The address that it
//! comes from does not, where nothing came from there before: an ICE-lite peer sends no requests at all (RFC 8445,
//! section 2.5), and others hold theirs back while they answer ours (P3).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use report::SessionId;

use crate::stun::TransactionId;

/// What is older than two of these is forgotten. `rtc` takes no response after 4 s.
const GENERATION: Duration = Duration::from_secs(4);
/// Checks of one generation: 150 set-ups at a time have no more. Of others the address has to do.
const MAX_CHECKS: usize = 16 * 1024;

/// Checks of a shard's sessions that may still be answered.
#[derive(Debug, Default)]
pub(super) struct SentChecks {
    recent: HashMap<TransactionId, SessionId>,
    older: HashMap<TransactionId, SessionId>,
    /// When `recent` begins anew; `None` while there is nothing.
    turn_at: Option<Instant>,
}

impl SentChecks {
    /// `id` has sent a check.
    pub(super) fn insert(&mut self, transaction: TransactionId, id: SessionId, now: Instant) {
        if now >= *self.turn_at.get_or_insert(now + GENERATION) {
            self.older = std::mem::take(&mut self.recent);
            self.turn_at = Some(now + GENERATION);
        }
        if self.recent.len() < MAX_CHECKS {
            self.recent.insert(transaction, id);
        }
    }

    /// Who sent the check that is answered now. It is answered once.
    pub(super) fn take(&mut self, transaction: TransactionId) -> Option<SessionId> {
        self.recent.remove(&transaction).or_else(|| self.older.remove(&transaction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(n: usize) -> TransactionId {
        let mut transaction = [0; 12];
        transaction[..8].copy_from_slice(&n.to_be_bytes());
        transaction
    }

    #[test]
    fn a_check_is_answered_once_and_in_time() {
        let (begin, mut checks) = (Instant::now(), SentChecks::default());
        let at = |seconds| begin + Duration::from_secs(seconds);
        checks.insert(transaction(1), SessionId(7), at(0));
        checks.insert(transaction(2), SessionId(8), at(3));
        checks.insert(transaction(3), SessionId(9), at(5));
        assert_eq!(checks.take(transaction(1)), Some(SessionId(7)));
        assert_eq!(checks.take(transaction(1)), None);
        assert_eq!(checks.take(transaction(4)), None);
        checks.insert(transaction(4), SessionId(9), at(9));
        assert_eq!(checks.take(transaction(2)), None, "forgotten");
        assert_eq!(checks.take(transaction(3)), Some(SessionId(9)));
    }

    #[test]
    fn there_are_only_so_many() {
        let (begin, mut checks) = (Instant::now(), SentChecks::default());
        for n in 0..100_000 {
            checks.insert(transaction(n), SessionId(1), begin + Duration::from_micros(100 * n as u64));
        }
        assert!(checks.recent.len() + checks.older.len() <= 2 * MAX_CHECKS);
        assert!(checks.recent.capacity() + checks.older.capacity() <= 8 * MAX_CHECKS);
    }
}
