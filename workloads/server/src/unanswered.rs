//! Offers that were made and not answered yet: each costs a socket and a peer connection, which whoever only connects gets for
//! nothing. So one address may have so many of them at a time; whoever answers has no more to do with it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Behind one address there may be all clients of a network, which begin together. As many cost about 20 MB.
const MOST: usize = 256;

/// How many there are, by the address of who was made them.
#[derive(Debug, Default)]
pub(crate) struct Unanswered(Mutex<HashMap<IpAddr, usize>>);

/// An offer that is not answered yet; it is once this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    of: Arc<Unanswered>,
    source: IpAddr,
}

/// An address has as many of them as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST} connections of this address have not answered their offers yet")]
pub(crate) struct TooMany;

impl Unanswered {
    /// Begins to wait for an answer from `source`.
    ///
    /// # Errors
    /// Where that is one too many.
    pub(crate) fn begin(self: &Arc<Self>, source: IpAddr) -> Result<Waiting, TooMany> {
        let mut sources = self.lock();
        let waiting = sources.entry(source).or_default();
        if *waiting >= MOST {
            return Err(TooMany);
        }
        *waiting += 1;
        Ok(Waiting { of: Arc::clone(self), source })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // A count is right whatever panics elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut sources = self.of.lock();
        if let Some(waiting) = sources.get_mut(&self.source) {
            *waiting -= 1;
            if *waiting == 0 {
                sources.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_leaves_no_trace_of_them() {
        let all = Arc::new(Unanswered::default());
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let mut waiting: Vec<_> = (0..MOST).map(|_| all.begin(one).unwrap()).collect();
        assert_eq!(all.begin(one).unwrap_err(), TooMany);
        waiting.push(all.begin(other).unwrap());
        drop(waiting.remove(0));
        waiting.push(all.begin(one).unwrap());
        assert_eq!(all.begin(one).unwrap_err(), TooMany);
        drop(waiting);
        assert!(all.lock().is_empty());
    }
}
