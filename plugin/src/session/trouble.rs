//! Since when a session has had problems. One that crashes again and again is on its way up from time to time: that is no
//! end of it.

use std::time::Duration;

use crate::session::patience::CALM;

/// The time is that since the wait began.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    begun: Option<Duration>,
    calm_since: Option<Duration>,
}

impl Trouble {
    /// There is a problem at `now`; since when there has been one.
    pub(super) fn problem(&mut self, now: Duration) -> Duration {
        if self.calm_since.take().is_some_and(|since| now.saturating_sub(since) >= CALM) {
            self.begun = None;
        }
        *self.begun.get_or_insert(now)
    }

    /// There is none at `now`, and the session is not ready either.
    pub(super) fn calm(&mut self, now: Duration) {
        self.calm_since.get_or_insert(now);
    }

    /// The session is ready.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_short_calm_does_not_end_a_problem() {
        let mut trouble = Trouble::default();
        assert_eq!(trouble.problem(s(3)), s(3));
        trouble.calm(s(5));
        assert_eq!(trouble.problem(s(9)), s(3));
        trouble.calm(s(10));
        trouble.calm(s(24));
        assert_eq!(trouble.problem(s(25)), s(25), "it was calm for 15 s");
        trouble.over();
        assert_eq!(trouble.problem(s(26)), s(26));
    }
}
