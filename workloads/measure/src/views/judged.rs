//! What is judged, over the window and over the whole run.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use report::{
    Cause,
    judged::{JudgedClient, JudgedNumbers, JudgedSession, Media},
    significant,
};

use super::client_view::{ClientView, ClientViews, Pace};
use crate::{
    cause::{Evidence, Trouble, cause},
    recorder::Recorder,
    statistics::{FrameStatistics, Samples},
};

/// What is judged of the last window at `now`. Numbers of frames are of the window, which ends 3 s ago; whether a client is
/// there, and for how long there has been no picture, is of `now`.
pub(crate) fn judged(recorder: &Recorder, pace: Pace, now: Instant) -> JudgedSession {
    let client = |view: &ClientView<'_>| JudgedClient {
        id: view.row.name.clone(),
        node: view.row.node.clone(),
        is_wanted: view.is_wanted(),
        media: view.media(),
        numbers: view.recent(),
        cause: view.cause(),
        vanishes_above: view.path_mtu().media_vanishes_above(),
        way: recorder.ways.as_ref().and_then(|ways| ways.of(view.row)),
    };
    let views = ClientViews::new(recorder, pace, now);
    let mut clients: Vec<_> = recorder.rows.iter().map(|row| client(&views.of(row))).collect();
    let statistics = recorder.numbers.window.statistics();
    let delivered = (statistics.good(), statistics.wanted());
    let setup = recorder.setups_at(now).map(|setup| setup.p95);
    let all = together(statistics, pace, delivered, &clients, setup);
    clients.extend(awaited(recorder, recorder.wanting.judged_at(now)));
    session(&views, all, clients, recorder.numbers.window.length())
}

/// What is judged of the whole run at `now`. Whoever was wanted for some time is judged by its numbers, also where it is gone
/// by now.
pub(crate) fn judged_run(recorder: &Recorder, pace: Pace, started: Instant, now: Instant) -> JudgedSession {
    let views = ClientViews::new(recorder, pace, now);
    let client = |row| {
        let view = views.of(row);
        let is_wanted = view.is_wanted();
        JudgedClient {
            id: view.row.name.clone(),
            node: view.row.node.clone(),
            is_wanted: is_wanted || view.row.settled.1 > Duration::ZERO,
            media: if is_wanted { view.media() } else { Media::Flowing },
            numbers: view.whole(),
            cause: view.cause(),
            vanishes_above: view.path_mtu().media_vanishes_above(),
            way: recorder.ways.as_ref().and_then(|ways| ways.of(view.row)),
        }
    };
    let mut clients: Vec<_> = recorder.rows.iter().map(client).collect();
    let setup = recorder.setup.quantiles().map(|setup| setup.p95);
    let all = together(&recorder.total(), pace, recorder.numbers.settled, &clients, setup);
    let judged_at = recorder.wanting.judged_at(now);
    clients.extend(awaited(recorder, judged_at));
    session(&views, all, clients, judged_at.saturating_duration_since(started))
}

fn session(
    views: &ClientViews<'_>,
    all: JudgedNumbers,
    clients: Vec<JudgedClient>,
    span: Duration,
) -> JudgedSession {
    let ClientViews { recorder, pace, now, server, .. } = *views;
    JudgedSession {
        all,
        clients,
        frames_per_second: pace.frames_per_second,
        span_seconds: span.as_secs_f64(),
        epoch_age_seconds: recorder.wanting.epoch_age(now).map(|age| age.as_secs_f64()),
        is_suspended: recorder.wanting.is_suspended(),
        cause: cause(&Evidence {
            server,
            unusable_percent: recorder.numbers.window.statistics().unusable_percent(),
            trouble: Trouble {
                stall_milliseconds: all.longest_freeze_milliseconds,
                latency_milliseconds: all.latency_p95_milliseconds,
                lost_milliseconds: None,
            },
            ..Evidence::default()
        }),
    }
}

/// The numbers of all together; the longest freeze and recovery are those of any client that is to be there.
fn together<D: Samples>(
    statistics: &FrameStatistics<D>,
    pace: Pace,
    delivered: (u64, Duration),
    clients: &[JudgedClient],
    setup_p95_milliseconds: Option<f64>,
) -> JudgedNumbers {
    let wanted = || clients.iter().filter(|client| client.is_wanted).map(|client| &client.numbers);
    JudgedNumbers {
        settled: statistics.frames.settled(),
        wanted_seconds: significant(delivered.1.as_secs_f64()),
        loss_percent: statistics.loss_percent(),
        undetected_percent: statistics.undetected_percent(),
        delivered_percent: pace.delivered_percent(delivered),
        error_p95_pixels: statistics.error_pixels().map(|error| error.p95),
        latency_p95_milliseconds: statistics.latency_milliseconds().map(|latency| latency.p95),
        longest_freeze_milliseconds: wanted()
            .filter_map(|numbers| numbers.longest_freeze_milliseconds)
            .reduce(f64::max),
        setup_p95_milliseconds,
        recovery_milliseconds: wanted().filter_map(|numbers| numbers.recovery_milliseconds).reduce(f64::max),
    }
}

/// The clients that are to be there and were never seen.
fn awaited(recorder: &Recorder, now: Instant) -> Vec<JudgedClient> {
    let seen: BTreeSet<&str> = recorder.rows.iter().map(|row| row.name.as_str()).collect();
    let missing = recorder.wanting.ids().filter(|(id, _)| !seen.contains(id));
    missing
        .map(|(id, since)| JudgedClient {
            id: id.to_owned(),
            node: None,
            is_wanted: true,
            media: Media::Awaited {
                seconds: significant(now.saturating_duration_since(since).as_secs_f64()),
            },
            numbers: JudgedNumbers::default(),
            cause: Cause::Unknown,
            vanishes_above: None,
            way: None,
        })
        .collect()
}
