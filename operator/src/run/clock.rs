//! For how long a run has gone on. Suspended time, and time without any client to start, does not count, and all that is needed to know that is stored, so that it
//! holds across restarts of the operator.

use std::time::Duration;

use crds::Run;
use jiff::Timestamp;

use crate::timestamps::{between, stored_time};

/// How long `run` has gone on at `now`, the time apart for which it was suspended.
pub fn elapsed(run: &Run, now: Timestamp) -> Duration {
    let Some(started) = &run.started_at else { return Duration::ZERO };
    let until = run.suspended_since.as_ref().map_or(now, |since| since.0.min(now));
    let suspended = Duration::from_secs(run.suspended_seconds.unwrap_or(0).unsigned_abs());
    between(started.0, until).saturating_sub(suspended)
}

/// Stops the clock, or has it go on.
pub(super) fn suspend(run: &mut Run, is_suspended: bool, now: Timestamp) {
    match (&run.suspended_since, is_suspended) {
        (None, true) => run.suspended_since = Some(stored_time(now)),
        (Some(since), false) => {
            let lasted = between(since.0, stored_time(now).0).as_secs();
            let before = run.suspended_seconds.unwrap_or(0);
            let all = before.saturating_add_unsigned(lasted);
            (run.suspended_since, run.suspended_seconds) = (None, Some(all).filter(|all| *all > 0));
        }
        (Some(_), true) | (None, false) => {}
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    #[test]
    fn suspended_time_does_not_count() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let mut run = Run { started_at: Some(Time(at(0))), ..Run::default() };
        let count = |run: &Run, second| elapsed(run, at(second)).as_secs();
        assert_eq!((count(&run, 40), count(&run, -5)), (40, 0));
        suspend(&mut run, true, at(40));
        suspend(&mut run, true, at(70));
        assert_eq!((count(&run, 40), count(&run, 1000)), (40, 40));
        suspend(&mut run, false, at(1000));
        assert_eq!((count(&run, 1000), count(&run, 1007)), (40, 47));
        suspend(&mut run, true, at(1010));
        suspend(&mut run, false, at(1020));
        assert_eq!((count(&run, 1025), run.suspended_seconds), (55, Some(970)));
        assert_eq!(elapsed(&Run::default(), at(9)), Duration::ZERO);
    }
}
