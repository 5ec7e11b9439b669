//! When to ask again for what is notified when it happens, in case that it is not.

use std::time::{Duration, Instant};

/// At first.
const SOON: Duration = Duration::from_secs(2);
/// Where it has not happened for [`LONG`]: what the API server refuses for so long it refuses for longer.
const LATER: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(120);

/// Since when something has been pending, if it is.
#[derive(Debug, Default)]
pub(super) struct Pending(Option<Instant>);

impl Pending {
    /// When to ask again, if something is pending.
    pub(super) fn again_in(&mut self, is_pending: bool, now: Instant) -> Option<Duration> {
        self.0 = is_pending.then(|| self.0.unwrap_or(now));
        let lasted = now.saturating_duration_since(self.0?);
        Some(if lasted < LONG { SOON } else { LATER })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V12: what is never taken was asked for every 2 s, for ever.
    #[test]
    fn what_takes_long_is_asked_for_less_often() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pending = Pending::default();
        assert_eq!(pending.again_in(false, at(0)), None);
        assert_eq!(pending.again_in(true, at(0)), Some(SOON));
        assert_eq!(
            (pending.again_in(true, at(119)), pending.again_in(true, at(120))),
            (Some(SOON), Some(LATER))
        );
        assert_eq!(pending.again_in(false, at(121)), None);
        assert_eq!(pending.again_in(true, at(122)), Some(SOON));
    }
}
