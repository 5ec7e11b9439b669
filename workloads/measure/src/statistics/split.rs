//! Where the latency of frames goes.

use std::time::Duration;

use report::{LatencySplit, SplitQuantiles, significant};

use super::{compact::Compact, samples::Samples};

/// The parts of one frame's latency, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Split {
    server: Option<Duration>,
    client: Option<Duration>,
    network: Option<Duration>,
}

impl Split {
    /// Of a latency from capture to report: `written` after the capture the frame was given to the socket, and the client
    /// held it for `held`. What both leave over is the network's.
    pub(crate) fn new(latency: Duration, written: Option<Duration>, held: Option<Duration>) -> Self {
        let known = written.zip(held).map(|(written, held)| written.saturating_add(held));
        let network = known.map(|known| latency.saturating_sub(known));
        Self { server: written, client: held, network }
    }

    /// What was known: from the capture to the socket, and for how long the client held it.
    pub(crate) fn known(&self) -> (Option<Duration>, Option<Duration>) {
        (self.server, self.client)
    }
}

/// The parts of the latency of many frames.
#[derive(Debug, Clone)]
pub(crate) struct SplitStatistics {
    server: Compact,
    client: Compact,
    network: Compact,
}

impl SplitStatistics {
    pub(crate) fn new() -> Self {
        let empty = || Compact::small(1e-6);
        Self { server: empty(), client: empty(), network: empty() }
    }

    pub(crate) fn record(&mut self, split: &Split) {
        let parts = [
            (&mut self.server, split.server),
            (&mut self.client, split.client),
            (&mut self.network, split.network),
        ];
        for (samples, part) in parts {
            if let Some(part) = part {
                samples.record(part.as_secs_f64());
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.server.merge(&other.server);
        self.client.merge(&other.client);
        self.network.merge(&other.network);
    }

    /// As [`Compact::remove`].
    pub(super) fn remove<'a>(&mut self, other: &Self, rest: impl Iterator<Item = &'a Self> + Clone) {
        self.server.remove(&other.server, rest.clone().map(|part| &part.server));
        self.client.remove(&other.client, rest.clone().map(|part| &part.client));
        self.network.remove(&other.network, rest.map(|part| &part.network));
    }

    pub(super) fn sort(&mut self) {
        [&mut self.server, &mut self.client, &mut self.network].into_iter().for_each(Compact::sort);
    }

    pub(super) fn shrink(&mut self) {
        [&mut self.server, &mut self.client, &mut self.network].into_iter().for_each(Compact::shrink);
    }

    pub(crate) fn to_wire(&self) -> LatencySplit {
        let quantiles = |samples: &Compact| {
            let milliseconds = |quantile| significant(samples.quantile(quantile) * 1e3);
            (!samples.is_empty()).then(|| SplitQuantiles { p50: milliseconds(0.50), p95: milliseconds(0.95) })
        };
        LatencySplit {
            server: quantiles(&self.server),
            client: quantiles(&self.client),
            network: quantiles(&self.network),
        }
    }
}
