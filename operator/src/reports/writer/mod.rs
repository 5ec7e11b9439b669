//! The one task that writes what was reported into status.

mod log;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::{BallSession, BallSessionStatus};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::api_call::CallError;
use crate::leftovers::leftovers;
use crate::reports::api_server::ApiServer;
use crate::reports::ledger::{Ledger, PendingWrite, WriteResult};
use crate::reports::metrics::{Metrics, WriteOutcome};
use crate::reports::moment::Moment;
use crate::reports::status;
use crate::reports::writer::log::WriteLog;

/// How often all sessions are compared: for those that nobody reports of, and pods that are gone.
const RESYNC_INTERVAL: Duration = Duration::from_secs(5);
/// Writes in flight at a time: a slow answer does not hold up the others.
const MAX_IN_FLIGHT: usize = 8;
/// At the end, what is due within this time is still written: no other operator knows of it.
const LAST_WRITES: Duration = Duration::from_secs(1);
/// How long to sleep where nothing is due; a resync comes before.
const IDLE: Duration = Duration::from_secs(60);

/// Writes status. A clone does so by the same ledger.
#[derive(Clone)]
pub(super) struct Writer {
    ledger: Arc<Ledger>,
    api_server: Arc<dyn ApiServer>,
    metrics: Metrics,
    log: Arc<WriteLog>,
}

impl Writer {
    pub(super) fn new(ledger: Arc<Ledger>, api_server: Arc<dyn ApiServer>, metrics: Metrics) -> Self {
        Self { ledger, api_server, metrics, log: Arc::default() }
    }

    /// Writes until `stop`, and then what is due already. Each write has a time limit of its own; those in flight at the end are
    /// awaited.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut resync = interval(RESYNC_INTERVAL);
        resync.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut in_flight = JoinSet::new();
        let mut ends_at = None;
        loop {
            while in_flight.len() < MAX_IN_FLIGHT {
                let Some(write) = self.ledger.next_write(Moment::present()) else { break };
                let writer = self.clone();
                in_flight.spawn(async move {
                    let result = writer.apply(&write).await;
                    writer.ledger.write_done(&write, result, Moment::present());
                });
            }
            let wake = if in_flight.len() < MAX_IN_FLIGHT { self.ledger.next_wake() } else { None };
            let is_last = |ends_at| wake.is_none_or(|wake| wake > ends_at);
            if in_flight.is_empty() && ends_at.is_some_and(is_last) {
                break;
            }
            tokio::select! {
                () = stop.cancelled(), if ends_at.is_none() => ends_at = Some(Instant::now() + LAST_WRITES),
                Some(_) = in_flight.join_next() => {}
                _ = resync.tick() => self.ledger.resync(Moment::present()).await,
                () = self.ledger.write_planned() => {}
                () = sleep_until(wake.unwrap_or_else(|| Instant::now() + IDLE).into()) => {}
            }
        }
    }

    /// Makes a write, which has a time limit of its own.
    async fn apply(&self, write: &PendingWrite) -> WriteResult {
        let PendingWrite { session, resource_version, desired, .. } = write;
        let applied = match self.api_server.apply_status(session, resource_version, desired).await {
            Ok(stored) => self.remove_leftovers(write, &stored).await,
            Err(error) => Err(error),
        };
        match applied {
            Ok(()) => {
                self.metrics.status_write(WriteOutcome::Written);
                self.log.stored(session);
                WriteResult::Stored
            }
            Err(error) if error.is_stale() => {
                self.metrics.status_write(WriteOutcome::Conflicting);
                WriteResult::Stale
            }
            Err(error) => {
                self.metrics.status_write(WriteOutcome::Failed);
                self.log.failed(session, &error);
                if error.is_refusal() { WriteResult::Refused } else { WriteResult::Failed }
            }
        }
    }

    /// Takes out of the status what was left out of it, and stays because somebody else owns it as well.
    async fn remove_leftovers(&self, write: &PendingWrite, stored: &BallSession) -> Result<(), CallError> {
        let status = stored.status.clone().unwrap_or_default();
        let part = |status: &BallSessionStatus| serde_json::to_value(status).unwrap_or_default();
        let (known, desired) = (part(&status::owned(&status)), part(&write.desired));
        match leftovers(&known, &desired, &status.conditions) {
            Some(removals) => self.api_server.remove_from_status(&write.session, stored, &removals).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
