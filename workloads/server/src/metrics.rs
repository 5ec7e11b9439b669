//! The numbers of a view as metrics. Labels have few values, whatever the number of clients.

use measure::Histograms;
use measure::verdict::Verdict;
use process::Exposition;
use report::{CandidateType, ClientRow, LatencySplit, Network, PathMtu, Recent, ServerCpu, State, Summary};

use crate::view::View;

/// All of them.
pub(crate) fn of_view(exposition: Exposition, view: &View) -> Exposition {
    let summary = &view.summary;
    let exposition = exposition
        .gauge("report_sequence", "The number of the view that these numbers are of", summary.sequence as f64)
        .gauge("clients_connected", "Clients with a session now", view.presence.connected as f64)
        .gauge("clients_without_media", "Those of them without media", view.presence.without_media as f64);
    let exposition = path_mtus(paths(exposition, &summary.clients), &summary.clients);
    let exposition = recent(scores(exposition, summary, &view.histograms), &summary.recent);
    let exposition = cpu(network(exposition, &summary.network), &summary.cpu, &summary.recent.cpu);
    match &view.verdict {
        Some(shown) => verdict(exposition, shown),
        None => exposition,
    }
}

/// By what kind of address the connected clients get their media: as they say, or else as the server sees it.
fn paths(exposition: Exposition, clients: &[ClientRow]) -> Exposition {
    let kind = |row: &ClientRow| {
        let own = row.path.map(|pair| pair.local.candidate_type);
        own.or(row.server_path.map(|pair| pair.remote.candidate_type))
    };
    let connected = || clients.iter().filter(|row| row.state == State::Connected);
    exposition.gauges(
        "clients_by_candidate_type",
        "Connected clients, by the kind of address that their media comes to",
        "type",
        CandidateType::ALL.map(|of| {
            let count = connected().filter(|row| kind(row) == Some(of)).count();
            (of.as_str(), Some(count as f64))
        }),
    )
}

/// The smallest of all connected clients: where it is less than that of the others, there is a hole in the network.
fn path_mtus(exposition: Exposition, clients: &[ClientRow]) -> Exposition {
    let known = || {
        let connected = clients.iter().filter(|row| row.state == State::Connected);
        connected.filter_map(|row| row.path_mtu)
    };
    let smallest = |of: fn(PathMtu) -> Option<u16>| known().filter_map(of).min().map(f64::from);
    exposition.gauges(
        "path_mtu_bytes",
        "The largest IP packet that gets through, of the connected client to or from which that is least",
        "direction",
        [
            ("to_client", smallest(|path_mtu| path_mtu.to_client)),
            ("to_server", smallest(|path_mtu| path_mtu.to_server)),
        ],
    )
}

/// Of the whole run.
fn scores(exposition: Exposition, summary: &Summary, histograms: &Histograms) -> Exposition {
    let frames = summary.frames;
    let (error, latency) = (&histograms.error_pixels, &histograms.latency_seconds);
    exposition
        .gauge("frames_pending", "Frames sent whose fate is not known yet", frames.pending as f64)
        .counters(
            "frames",
            "Frames whose fate is known, by fate",
            "fate",
            [
                ("matched", frames.matched),
                ("estimated", frames.estimated),
                ("lost", frames.lost),
                ("late", frames.late),
                ("undecodable", frames.undecodable),
                ("undetected", frames.undetected),
            ],
        )
        .counter("reports_duplicate", "Reports for frames whose fate was known", frames.duplicate)
        .counter("reports_malformed", "Messages that make no sense", frames.malformed)
        .counter("frames_skipped", "Frames left out to keep the pace", summary.video.skipped_frames)
        .counter(
            "freezes",
            "Times without a new picture that a viewer sees",
            summary.freezes.map_or(0, |freezes| freezes.count),
        )
        .counter(
            "gaps",
            "Steps between decoded frames, in the time of the video, that a viewer would see",
            summary.gaps.map_or(0, |gaps| gaps.count),
        )
        .histogram("error_pixels", "Distance of reported and true position", &error.buckets, error.sum)
        .histogram("latency_seconds", "From capture to report", &latency.buckets, latency.sum)
        .gauge_if_any(
            "recovery_seconds",
            "The longest time without pictures of any client when this process took over from another one",
            summary.recovery_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "recovery_lost_frames",
            "The frames that the frame rate promises all clients for their times",
            summary.lost_frames.map(|frames| frames as f64),
        )
        .errors("errors", &summary.errors)
}

/// Of the last while, as objectives are judged by: exact where histograms only know a bucket.
fn recent(exposition: Exposition, recent: &Recent) -> Exposition {
    let (error, latency) = (recent.error_pixels, recent.latency_milliseconds);
    let LatencySplit { server, client, network } = recent.latency_split;
    exposition
        .gauge("recent_window_seconds", "The length of the recent window", recent.window_seconds)
        .gauges(
            "recent_error_pixels",
            "Distance of reported and true position in the recent window",
            "percentile",
            [("50", error.map(|error| error.p50)), ("95", error.map(|error| error.p95))],
        )
        .gauges(
            "recent_latency_seconds",
            "From capture to report in the recent window",
            "percentile",
            [
                ("50", latency.map(|latency| seconds(latency.p50))),
                ("95", latency.map(|latency| seconds(latency.p95))),
            ],
        )
        .gauge_if_any(
            "recent_loss_ratio",
            "Lost, late and undecodable frames of those whose fate is known, in the recent window",
            recent.loss_percent.map(ratio),
        )
        .gauge_if_any(
            "recent_undetected_ratio",
            "Decoded frames without a ball of those whose fate is known, in the recent window",
            recent.undetected_percent.map(ratio),
        )
        .gauge_if_any(
            "recent_delivered_ratio",
            "Good frames of those that the frame rate promises for the wanted time, in the recent window",
            recent.delivered_percent.map(ratio),
        )
        .gauge_if_any(
            "recent_longest_freeze_seconds",
            "The longest time without a new picture, less one interval, in the recent window or still open",
            recent.freezes.map(|freezes| seconds(freezes.longest_milliseconds)),
        )
        .gauges(
            "recent_setup_seconds",
            "From accepted signalling to the first report, of the recent window's sessions",
            "percentile",
            [
                ("50", recent.setup_milliseconds.map(|setup| seconds(setup.p50))),
                ("95", recent.setup_milliseconds.map(|setup| seconds(setup.p95))),
            ],
        )
        .gauges(
            "recent_latency_part_seconds",
            "The 95th percentile of each part of the latency in the recent window",
            "part",
            [("server", server), ("client", client), ("network", network)]
                .map(|(part, quantiles)| (part, quantiles.map(|part| seconds(part.p95)))),
        )
}

/// Of all sessions together; W3C's names where there is one.
fn network(exposition: Exposition, network: &Network) -> Exposition {
    exposition
        .counter("network_packets_sent", "Video packets sent, repeated ones left out", network.packets_sent)
        .counter("network_packets_lost", "Of these: lost, before any were sent again", network.packets_lost)
        .counter(
            "network_packets_repaired",
            "Of these: sent again as they were asked for",
            network.packets_repaired,
        )
        .counter(
            "network_packets_given_up",
            "Of these: asked for, and not there any more",
            network.packets_given_up,
        )
        .counter("network_nack_count", "NACK packets received", network.nack_count)
        .counter("network_pli_count", "Picture loss indications received", network.pli_count)
        .counter("network_key_frames_sent", "Keyframes sent", network.key_frames_sent)
        .gauge_if_any(
            "network_round_trip_time_seconds",
            "The longest of the newest round trips",
            network.round_trip_time_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "network_jitter_seconds",
            "The greatest of the newest interarrival jitters",
            network.jitter_milliseconds.map(seconds),
        )
}

/// What kept the server from its work: times since its start, lateness of the recent window.
fn cpu(exposition: Exposition, total: &ServerCpu, recent: &ServerCpu) -> Exposition {
    exposition
        .gauge_if_any(
            "cpu_throttled_seconds",
            "The time for which the cgroup's quota was used up",
            total.throttled_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "cpu_pressure_seconds",
            "The time for which a task of the cgroup waited for a processor",
            total.pressure_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "recent_camera_lateness_seconds",
            "The latest that the camera was with a frame in the recent window",
            recent.worst_lateness_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "recent_shard_lateness_seconds",
            "The latest that a thread was with sending a frame in the recent window",
            recent.shard_worst_lateness_milliseconds.map(seconds),
        )
}

/// The reason is that of the outcome, whichever it is; the cause is there only where an objective is missed.
fn verdict(exposition: Exposition, verdict: &Verdict) -> Exposition {
    let is = |is: bool| Some(f64::from(u8::from(is)));
    let (met, missed) = (verdict.is_met(), verdict.is_missed());
    let outcomes = [("Met", met), ("Missed", missed), ("Inconclusive", !met && !missed)];
    let cause = verdict.failure().map(|failure| (failure.cause.as_str(), Some(1.0)));
    exposition
        .gauges(
            "verdict",
            "Whether the objectives are met, 1 for what is the case",
            "verdict",
            outcomes.map(|(name, is_so)| (name, is(is_so))),
        )
        .gauges(
            "verdict_reason",
            "The first reason of the verdict",
            "reason",
            [(verdict.reason(), Some(1.0))],
        )
        .gauges("verdict_cause", "What the evidence points at where an objective is missed", "cause", cause)
}

fn seconds(milliseconds: f64) -> f64 {
    milliseconds / 1e3
}

fn ratio(percent: f64) -> f64 {
    percent / 100.0
}
