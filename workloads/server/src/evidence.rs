//! What kept the server from its work: time that its cgroup took from it, and what was late because of that or of anything
//! else.

use std::sync::Arc;
use std::time::Duration;

use measure::ProgramSample;
use process::{Cgroup, CpuHindrance};

use crate::lateness::Lateness;

/// Reads it.
#[derive(Debug)]
pub(crate) struct Evidence {
    cgroup: Cgroup,
    lateness: Arc<Lateness>,
}

impl Evidence {
    pub(crate) fn new() -> Self {
        Self { cgroup: Cgroup::own(), lateness: Arc::default() }
    }

    /// Where the camera and the process's own timer record how late they are.
    pub(crate) fn lateness(&self) -> Arc<Lateness> {
        Arc::clone(&self.lateness)
    }

    /// Since the last sample, or as it has summed up; `shards` is how late the fan-out's threads were since then. Costs two
    /// small files.
    pub(crate) fn sample(&self, shards: Duration) -> ProgramSample {
        let CpuHindrance { throttled, pressure } = self.cgroup.read();
        let worst_lateness = Some(self.lateness.take());
        ProgramSample { throttled, pressure, worst_lateness, shard_worst_lateness: Some(shards) }
    }
}
