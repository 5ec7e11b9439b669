//! What the client's connections counted of packets, over all sessions of the process.

use media::receiver::Stats;
use report::channel::ClientStats;

/// Of the sessions that are over and of the one that runs.
#[derive(Debug, Default)]
pub(crate) struct ReceiverStatistics {
    before: Stats,
    /// As it was last read.
    now: Stats,
}

impl ReceiverStatistics {
    /// The connection of the session that runs has counted so much.
    pub(crate) fn read(&mut self, now: Stats) {
        self.now = now;
    }

    /// The session is over, and its connection has counted so much.
    pub(crate) fn session_ended(&mut self, received: &Stats) {
        self.before = self.before.plus(received);
        self.now = Stats::default();
    }

    /// What the connections of all sessions counted, as of the last reading.
    pub(crate) fn sum(&self) -> Stats {
        self.before.plus(&self.now)
    }

    /// Fills in what is known here.
    pub(crate) fn fill(&self, stats: &mut ClientStats) {
        let received = self.sum();
        stats.packets_received = received.packets;
        stats.packets_lost = received.lost;
        stats.packets_repaired = received.repaired;
        stats.jitter = received.jitter.as_secs_f64();
        stats.nack_count = received.nack_packets;
        stats.pli_count = received.keyframes_requested;
        stats.frames_dropped += received.overruns;
        stats.path = received.path;
        stats.path_mtu = received.path_mtu.known();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_the_server_of_a_session_that_is_over_makes_checks_is_known() {
        let mut statistics = ReceiverStatistics::default();
        statistics.session_ended(&Stats { only_answers: true, ..Stats::default() });
        assert!(statistics.sum().only_answers);
    }
}
