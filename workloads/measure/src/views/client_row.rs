//! The row of a client in a summary.

use report::{
    ClientRow, FreezesFrom, Pairing, Received, RowCpu, RowRecent, channel::ClientStats, significant,
};

use super::client_view::{ClientView, Pace};

impl ClientView<'_> {
    /// The row, as it is written.
    pub(crate) fn to_row(&self, pace: Pace) -> ClientRow {
        let row = self.row;
        let (recent, whole) = (self.recent(), self.whole());
        let statistics = &self.whole;
        let names_frames = row.pairing != Pairing::Arrival;
        let from_client = row.viewer.gives_figures();
        ClientRow {
            id: row.name.clone(),
            node: row.node.clone(),
            zone: row.zone.clone(),
            instance: row.instance.clone(),
            attempt: row.attempt,
            state: row.state,
            pairing: row.pairing,
            pairing_milliseconds: row.pairing_milliseconds.map(significant),
            reconnects: row.reconnects,
            setup_milliseconds: row.setup,
            frames: statistics.frames,
            // What was lost before the client's first report, if that took long, says nothing about the rest.
            loss_percent: whole.loss_percent,
            error_pixels: statistics.error_pixels(),
            latency_milliseconds: statistics.latency_milliseconds(),
            freezes: statistics.freezes(pace.interval()),
            freezes_from: if from_client { FreezesFrom::Client } else { FreezesFrom::Arrivals },
            open_gap_milliseconds: self.open_freeze_milliseconds(),
            gaps: statistics.gaps(pace.frames_per_second).filter(|_| names_frames),
            undetected_percent: whole.undetected_percent,
            delivered_percent: whole.delivered_percent,
            wanted_seconds: whole.wanted_seconds,
            latency_split: statistics.latency_split(),
            recent: RowRecent {
                frames_settled: recent.settled,
                loss_percent: recent.loss_percent,
                undetected_percent: recent.undetected_percent,
                delivered_percent: recent.delivered_percent,
                error_pixels_p95: recent.error_p95_pixels,
                latency_milliseconds_p95: recent.latency_p95_milliseconds,
                longest_freeze_milliseconds: recent.longest_freeze_milliseconds,
                wanted_seconds: recent.wanted_seconds,
            },
            network: row.network.newest(),
            received: row.stats.as_ref().map(received),
            cpu: row.stats.as_ref().map(|stats| RowCpu {
                throttled_milliseconds: stats.cpu.throttled_milliseconds,
                pressure_milliseconds: stats.cpu.pressure_milliseconds,
                worst_lateness_milliseconds: row.worst_lateness.map(significant),
            }),
            cause: self.cause(),
            path: row.stats.as_ref().and_then(|stats| stats.path),
            server_path: row.server_path,
            path_mtu: self.path_mtu().known(),
            recovery_milliseconds: self.recovery_milliseconds(),
            lost_frames: row.recovery.map(|recovery| pace.frames_in(recovery.milliseconds)),
            former_end: row.recovery.map(|recovery| recovery.former_end),
            unanswered: row.recovery.and_then(|recovery| recovery.unanswered),
        }
    }
}

fn received(stats: &ClientStats) -> Received {
    Received {
        packets_received: stats.packets_received,
        packets_lost: stats.packets_lost,
        packets_repaired: stats.packets_repaired,
        jitter_milliseconds: significant(stats.jitter * 1e3),
        nack_count: stats.nack_count,
        pli_count: stats.pli_count,
        frames_received: stats.frames_received,
        frames_decoded: stats.frames_decoded,
        frames_dropped: stats.frames_dropped,
        key_frames_decoded: stats.key_frames_decoded,
    }
}
