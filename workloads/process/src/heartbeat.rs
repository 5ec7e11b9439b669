//! How late the process is with what it wants to do at a certain moment: who is stopped, or gets no processor, is late with
//! all of it.

use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior};

/// Ticks, and measures by how much each tick is late.
#[derive(Debug)]
pub struct Heartbeat {
    interval: Interval,
}

impl Heartbeat {
    /// Between two ticks: short against what a viewer notices, and ten wake-ups a second cost nothing that can be measured.
    pub const INTERVAL: Duration = Duration::from_millis(100);

    /// Starts. Needs a Tokio runtime with time enabled.
    pub fn start() -> Self {
        let mut interval = tokio::time::interval(Self::INTERVAL);
        // One tick for all that were missed: it has the whole lateness.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { interval }
    }

    /// Waits for the next tick; how late it is. Safe to cancel.
    pub async fn tick(&mut self) -> Duration {
        let due = self.interval.tick().await;
        Instant::now().saturating_duration_since(due.into_std())
    }
}

/// When the next tick of a [`Heartbeat`] is due. A process that goes on after it was stopped may say how late it is before
/// its timer has ticked: what should have come by then is late already. Time is an argument.
#[derive(Debug, Default)]
pub struct NextBeat(Option<Instant>);

impl NextBeat {
    /// It ticked, or was started, at `now`.
    pub fn ticked(&mut self, now: Instant) {
        self.0 = Some(now + Heartbeat::INTERVAL);
    }

    /// By how much the next tick is late at `now`; zero before the first one.
    pub fn overdue(&self, now: Instant) -> Duration {
        self.0.map_or(Duration::ZERO, |due| now.saturating_duration_since(due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thread_that_did_not_run_is_late() {
        let mut heartbeat = Heartbeat::start();
        heartbeat.tick().await;
        std::thread::sleep(Duration::from_millis(350));
        let late = heartbeat.tick().await;
        assert!(late >= Duration::from_millis(240), "{late:?}");
    }
}
