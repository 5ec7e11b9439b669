//! Until when this process may write. Whoever writes asks at the last moment: a process that was stopped goes on where it
//! was, and the time is over before any task of it can say so.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use crate::lease::clock::Clock;

/// Open while the lease is held. All clones are one fence.
#[derive(Debug, Clone)]
pub struct Fence {
    clock: Clock,
    state: Arc<RwLock<State>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    NotYet,
    OpenUntil(Instant),
    /// It takes no lease.
    Open,
    /// Closed for good.
    Over,
}

impl Fence {
    /// One that is never closed, for whoever is alone.
    pub fn open() -> Self {
        Self::with(Clock::start(), State::Open)
    }

    /// One that is closed until [`Fence::open_until`].
    pub(super) fn closed(clock: Clock) -> Self {
        Self::with(clock, State::NotYet)
    }

    fn with(clock: Clock, state: State) -> Self {
        Self { clock, state: Arc::new(RwLock::new(state)) }
    }

    /// Whether this process may write at this very moment.
    pub fn is_open(&self) -> bool {
        match *self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::NotYet | State::Over => false,
            State::OpenUntil(until) => self.clock.now() < until,
            State::Open => true,
        }
    }

    /// It may until then, by the clock of the lease; unless it was closed.
    pub(super) fn open_until(&self, until: Instant) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // A renewal that was under way when the lease was given up comes too late.
        if *state != State::Over {
            *state = State::OpenUntil(until);
        }
    }

    /// It may never again.
    pub(crate) fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Over;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_closes_by_itself_and_for_good_where_it_is_told_to() {
        let clock = Clock::start();
        let fence = Fence::closed(clock);
        let other = fence.clone();
        let minute = || clock.now() + Duration::from_secs(60);
        assert!(!other.is_open());
        fence.open_until(minute());
        assert!(other.is_open());
        // Nobody has to come to close it.
        fence.open_until(clock.now());
        assert!(!other.is_open());
        fence.open_until(minute());
        fence.close();
        fence.open_until(minute());
        assert!(!other.is_open());
        assert!(Fence::open().is_open());
    }
}
