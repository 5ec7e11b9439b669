//! What is measured of the operator's certificates.

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::certificates::keyring::Keyring;
use crate::certificates::rotation::Step;

/// The metrics. A clone counts into the same ones.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    expires: Gauge,
    authorities: Gauge,
    steps: Family<Taken, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    step: &'static str,
}

impl Metrics {
    /// Puts the metrics into `registry`, which has the operator's prefix.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "report_certificate_expires_timestamp_seconds",
            "When the certificate of the listener for reports expires; 0 while there is none",
            metrics.expires.clone(),
        );
        registry.register(
            "report_authorities",
            "Authorities that senders of reports are given to trust",
            metrics.authorities.clone(),
        );
        registry.register(
            "report_certificate_steps",
            "Steps by which keys of the listener for reports were made, used and forgotten",
            metrics.steps.clone(),
        );
        metrics
    }

    /// This is what is served and trusted now.
    pub(super) fn serves(&self, keyring: &Keyring) {
        let Keyring { former, current, next, .. } = keyring;
        self.expires.set(current.expires_at.max(Timestamp::UNIX_EPOCH).as_second());
        self.authorities.set(1 + i64::from(former.is_some()) + i64::from(next.is_some()));
    }

    /// A step was taken.
    pub(super) fn count(&self, step: Step) {
        self.steps.get_or_create(&Taken { step: step.label() }).inc();
    }
}
