//! What kept the server from its work: time that its cgroup took from it, and what was late because of that or of anything
//! else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use measure::ProgramSample;
use process::{Cgroup, CpuHindrance, NextBeat};

use crate::lateness::Lateness;

/// How late the fan-out's threads were since it was last asked.
type ShardLateness = Box<dyn Fn() -> Duration + Send + Sync>;

/// Reads it.
pub(crate) struct Evidence {
    cgroup: Cgroup,
    lateness: Arc<Lateness>,
    shards: ShardLateness,
    next_beat: Mutex<NextBeat>,
}

impl Evidence {
    /// That of this process from `now` on; `shards` is asked how late the fan-out's threads were.
    pub(crate) fn new(shards: ShardLateness, now: Instant) -> Self {
        let mut next_beat = NextBeat::default();
        next_beat.ticked(now);
        let next_beat = Mutex::new(next_beat);
        Self { cgroup: Cgroup::own(), lateness: Arc::default(), shards, next_beat }
    }

    /// Where the camera records how late it is.
    pub(crate) fn lateness(&self) -> Arc<Lateness> {
        Arc::clone(&self.lateness)
    }

    /// The process's own timer ticked at `now`, so late.
    pub(crate) fn beat(&self, late: Duration, now: Instant) {
        self.lateness.record(late);
        self.next_beat.lock().unwrap_or_else(PoisonError::into_inner).ticked(now);
    }

    /// Since the last sample, or as it has summed up. Costs two small files.
    pub(crate) fn sample(&self, now: Instant) -> ProgramSample {
        let CpuHindrance { throttled, pressure } = self.cgroup.read();
        let overdue = self.next_beat.lock().unwrap_or_else(PoisonError::into_inner).overdue(now);
        ProgramSample {
            throttled,
            pressure,
            worst_lateness: Some(self.lateness.take().max(overdue)),
            shard_worst_lateness: Some((self.shards)()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that goes on after two seconds is asked before its timer has ticked.
    #[test]
    fn a_timer_that_did_not_tick_yet_is_late_all_the_same() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let evidence = Evidence::new(Box::new(|| Duration::from_millis(3)), start);
        let late = |now| evidence.sample(now).worst_lateness;
        assert_eq!(late(at(90)), Some(Duration::ZERO));
        evidence.beat(Duration::from_millis(7), at(107));
        assert_eq!(late(at(200)), Some(Duration::from_millis(7)));
        assert_eq!(late(at(2207)), Some(Duration::from_millis(2000)));
        evidence.beat(Duration::from_millis(2000), at(2207));
        assert_eq!(
            [late(at(2208)), late(at(2209))],
            [Some(Duration::from_millis(2000)), Some(Duration::ZERO)]
        );
        assert_eq!(evidence.sample(at(2210)).shard_worst_lateness, Some(Duration::from_millis(3)));
    }
}
