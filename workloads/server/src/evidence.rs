//! What kept the server from its work: time that its cgroup took from it, and what was late because of that or of anything
//! else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use measure::ProgramSample;
use process::{Cgroup, CpuHindrance};

use crate::lateness::Lateness;

/// How late the fan-out's threads were since it was last asked.
type ShardLateness = Box<dyn Fn() -> Duration + Send + Sync>;

/// Reads it.
pub(crate) struct Evidence {
    cgroup: Cgroup,
    lateness: Arc<Lateness>,
    shards: ShardLateness,
}

impl Evidence {
    /// That of this process; `shards` is asked how late the fan-out's threads were.
    pub(crate) fn new(shards: ShardLateness) -> Self {
        Self { cgroup: Cgroup::own(), lateness: Arc::default(), shards }
    }

    /// Where the camera records how late it is.
    pub(crate) fn lateness(&self) -> Arc<Lateness> {
        Arc::clone(&self.lateness)
    }

    /// Since the last sample, or as it has summed up. Costs two small files.
    pub(crate) fn sample(&self, now: Instant) -> ProgramSample {
        let CpuHindrance { throttled, pressure } = self.cgroup.read();
        ProgramSample {
            throttled,
            pressure,
            worst_lateness: Some(self.lateness.take(now)),
            shard_worst_lateness: Some((self.shards)()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that goes on after two seconds is asked before its camera has woken.
    #[test]
    fn a_thread_that_did_not_wake_yet_is_late_all_the_same() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let evidence = Evidence::new(Box::new(|| Duration::from_millis(3)));
        evidence.lateness().woke(Duration::ZERO, start);
        let late = |now| evidence.sample(now).worst_lateness;
        assert_eq!(late(at(90)), Some(Duration::ZERO));
        evidence.lateness().woke(Duration::from_millis(7), at(107));
        assert_eq!(late(at(200)), Some(Duration::from_millis(7)));
        assert_eq!(late(at(2207)), Some(Duration::from_millis(2000)));
        evidence.lateness().woke(Duration::from_millis(2000), at(2207));
        assert_eq!(
            [late(at(2208)), late(at(2209))],
            [Some(Duration::from_millis(2000)), Some(Duration::ZERO)]
        );
        assert_eq!(evidence.sample(at(2210)).shard_worst_lateness, Some(Duration::from_millis(3)));
    }
}
