//! The one task that writes what reports say into status.

mod schedule;
mod steps;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

pub(super) use schedule::Schedule;

use crate::reports::Reports;
use crate::reports::service::Moment;

/// How often all sessions are looked at: for those that nobody reports of, and pods that are gone.
const RESYNC_INTERVAL: Duration = Duration::from_secs(5);
/// Writes under way at a time: a slow answer does not hold up the others.
const MAX_IN_FLIGHT: usize = 8;
/// How long to sleep where nothing is due; a resync comes before.
const IDLE: Duration = Duration::from_secs(60);

/// Writes status until `stop`. Each write has a time limit of its own; those under way at the end are waited for.
///
/// Only for the operator that holds the lease: two would write against each other.
pub async fn write(reports: Arc<Reports>, stop: CancellationToken) {
    let mut resync = interval(RESYNC_INTERVAL);
    resync.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut in_flight = JoinSet::new();
    loop {
        while in_flight.len() < MAX_IN_FLIGHT {
            let Some(write) = reports.next_write(Moment::present()) else { break };
            let reports = Arc::clone(&reports);
            in_flight.spawn(async move {
                let result = reports.apply(&write).await;
                reports.write_done(&write, result, Moment::present());
            });
        }
        let wake = if in_flight.len() < MAX_IN_FLIGHT { reports.next_wake() } else { None };
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = in_flight.join_next() => {}
            _ = resync.tick() => reports.resync(Moment::present()).await,
            () = reports.is_due() => {}
            () = sleep_until(wake.unwrap_or_else(|| Instant::now() + IDLE).into()) => {}
        }
    }
    while in_flight.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests;
