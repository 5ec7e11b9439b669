//! The time by which a lease is held. The system's monotonic clock stands still while the machine sleeps, and others'
//! clocks go on: this one counts that as well.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Tells the time as [`Instant`]s which are ahead of the system's by the time that the machine slept since the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    origin: Instant,
    /// The same moment, since the machine was booted.
    booted: Duration,
}

impl Clock {
    /// A clock that agrees with the system's now.
    pub(super) fn start() -> Self {
        Self { origin: Instant::now(), booted: since_boot() }
    }

    pub(super) fn now(&self) -> Instant {
        self.origin + since_boot().saturating_sub(self.booted)
    }

    /// How long it is until then.
    pub(super) fn until(&self, then: Instant) -> Duration {
        then.saturating_duration_since(self.now())
    }
}

/// With the time that the machine slept.
fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    // Neither is ever negative of this clock.
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awake_it_agrees_with_the_systems_clock() {
        let clock = Clock::start();
        std::thread::sleep(Duration::from_millis(20));
        let (before, now, after) = (Instant::now(), clock.now(), Instant::now());
        let tolerance = Duration::from_millis(5);
        assert!(before <= now + tolerance && now <= after + tolerance, "{before:?} {now:?} {after:?}");
        assert_eq!(clock.until(before - Duration::from_secs(1)), Duration::ZERO);
    }
}
