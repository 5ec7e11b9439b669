//! What is to be measured of the watches, made at every scrape.

use std::fmt::Error;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::cluster::first_sync::FirstSync;
use crate::cluster::pending::PendingSessions;

/// Shows how the watches do, and how many sessions wait for it.
#[derive(Debug)]
pub struct Metrics {
    pub(super) watches: FirstSync,
    pub(super) pending: Arc<PendingSessions>,
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let watches = self.watches.failures(Instant::now());
        let help = "1 while attempts at a watch fail, so that what is known of these grows old; 0 when the last failure is 90 s ago.";
        let mut failing = encoder.encode_descriptor("watch_failing", help, None, MetricType::Gauge)?;
        for (watch, is_failing, _) in &watches {
            failing.encode_family(&[("watch", watch.as_str())])?.encode_gauge(&if *is_failing {
                1.0
            } else {
                0.0
            })?;
        }
        let help = "Attempts at a watch that failed.";
        let mut failures = encoder.encode_descriptor("watch_failures", help, None, MetricType::Counter)?;
        for (watch, _, count) in &watches {
            failures
                .encode_family(&[("watch", watch.as_str())])?
                .encode_counter::<NoLabelSet, u64, u64>(count, None)?;
        }
        let help = "Sessions that wait to be reconciled.";
        let mut waiting = encoder.encode_descriptor("sessions_pending", help, None, MetricType::Gauge)?;
        waiting.encode_gauge(&(self.pending.len() as f64))
    }
}
