//! All numbers of a run, in the form in which they are reported.

use std::time::Instant;

use report::{
    ErrorLog, Network, Recent, SCHEMA_VERSION, ServerCpu, Summary, Video, milliseconds, significant,
};

use super::{
    client_view::{ClientViews, Pace},
    judged::judged,
};
use crate::{evidence::NetworkSample, recorder::Recorder, settings::Settings};

/// The numbers at `now`.
pub(crate) fn summary(
    settings: &Settings,
    recorder: &Recorder,
    errors: &ErrorLog,
    skipped_frames: u64,
    now: Instant,
) -> Summary {
    let frames_per_second = settings.frames_per_second;
    let pace = Pace { frames_per_second };
    let total = recorder.total();
    let views = ClientViews::new(recorder, pace, now);
    let row = |row| views.of(row).to_row(pace);
    let sample = &recorder.evidence.sample;
    let recoveries = || recorder.rows.iter().filter_map(|row| Some(row.recovery?.milliseconds));
    Summary {
        schema_version: SCHEMA_VERSION,
        instance: settings.instance.clone(),
        sequence: 0,
        started_at: settings.wall_clock(settings.started),
        duration_seconds: now.saturating_duration_since(settings.started).as_millis() as f64 / 1e3,
        video: Video {
            width: settings.size.width(),
            height: settings.size.height(),
            frames_per_second,
            skipped_frames,
        },
        frames: total.frames,
        loss_percent: total.loss_percent(),
        undetected_percent: total.undetected_percent(),
        delivered_percent: pace.delivered_percent(recorder.numbers.settled),
        error_pixels: total.error_pixels(),
        latency_milliseconds: total.latency_milliseconds(),
        latency_split: total.latency_split(),
        setup_milliseconds: recorder.setup.quantiles(),
        freezes: total.freezes(pace.interval()),
        gaps: total.gaps(frames_per_second),
        network: network(recorder, recorder.evidence.network),
        cpu: ServerCpu {
            skipped_frames,
            throttled_milliseconds: sample.throttled.map(milliseconds),
            pressure_milliseconds: sample.pressure.map(milliseconds),
            worst_lateness_milliseconds: sample.worst_lateness.map(milliseconds),
            shard_worst_lateness_milliseconds: sample.shard_worst_lateness.map(milliseconds),
        },
        verdict: None,
        errors: errors.entries().cloned().collect(),
        recent: recent(recorder, pace, now),
        clients: recorder.rows.iter().map(row).collect(),
        rows_omitted: recorder.rows.omitted(),
        recovery_milliseconds: recoveries().reduce(f64::max).map(significant),
        lost_frames: recoveries().map(|recovery| pace.frames_in(recovery)).reduce(u64::saturating_add),
    }
}

fn recent(recorder: &Recorder, pace: Pace, now: Instant) -> Recent {
    let statistics = recorder.numbers.window.statistics();
    let judged = judged(recorder, pace, now).all;
    let since = recorder.numbers.window.since(now);
    let sent =
        recorder.rows.iter().fold(NetworkSample::default(), |all, row| all.joined(&row.network.since(since)));
    let evidence = recorder.evidence.program.since(since);
    Recent {
        window_seconds: recorder.numbers.window.length().as_secs_f64(),
        frames: statistics.frames,
        loss_percent: judged.loss_percent,
        undetected_percent: judged.undetected_percent,
        delivered_percent: judged.delivered_percent,
        error_pixels: statistics.error_pixels(),
        latency_milliseconds: statistics.latency_milliseconds(),
        latency_split: statistics.latency_split(),
        setup_milliseconds: recorder.setups_at(now),
        freezes: judged.longest_freeze_milliseconds.map(|longest_milliseconds| report::Freezes {
            count: statistics.freeze_count(),
            longest_milliseconds,
        }),
        gaps: statistics.gaps(pace.frames_per_second),
        network: network(recorder, sent),
        cpu: ServerCpu {
            skipped_frames: evidence.dropped,
            throttled_milliseconds: evidence.throttled_milliseconds.map(significant),
            pressure_milliseconds: evidence.pressure_milliseconds.map(significant),
            worst_lateness_milliseconds: evidence.worst_lateness_milliseconds.map(significant),
            shard_worst_lateness_milliseconds: evidence.shard_worst_lateness_milliseconds.map(significant),
        },
    }
}

/// What was sent to all clients, with the longest round trip and the greatest jitter of those that are connected.
fn network(recorder: &Recorder, sent: NetworkSample) -> Network {
    let connected =
        recorder.rows.iter().filter(|row| row.is_connected()).filter_map(|row| row.network.newest());
    let most = |one: Option<f64>, other: Option<f64>| one.into_iter().chain(other).reduce(f64::max);
    let start = NetworkSample { round_trip: None, jitter: None, ..sent }.to_wire();
    connected.fold(start, |all, one| Network {
        round_trip_time_milliseconds: most(
            all.round_trip_time_milliseconds,
            one.round_trip_time_milliseconds,
        ),
        jitter_milliseconds: most(all.jitter_milliseconds, one.jitter_milliseconds),
        ..all
    })
}
