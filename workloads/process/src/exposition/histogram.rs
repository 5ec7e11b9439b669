//! A histogram that was counted elsewhere.

use std::fmt::Error;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// The numbers of a histogram at some moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// Upper bounds, the last one infinite, and the samples between the bound before and this one.
    pub(super) buckets: Vec<(f64, u64)>,
    pub(super) sum: f64,
}

impl EncodeMetric for Snapshot {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), Error> {
        let count = self.buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(self.sum, count, &self.buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
