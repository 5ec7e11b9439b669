//! What a server's post says of every client and of all together, as it is judged.

use std::collections::{BTreeMap, BTreeSet};

use measure::Objectives;
use report::judged::{JudgedClient, JudgedNumbers, JudgedSession, Media};
use report::post::{MAX_ROWS, ServerPost};
use report::{Cause, ClientRow, Frames, State};

use crate::reports::status::span::Span;

/// A server of version 1 counts a client among those without media when it has waited for so long.
const WITHOUT_MEDIA_SECONDS: f64 = 10.0;

/// What the operator does itself is forgiven for so long.
const FORGIVEN_SECONDS: f64 = 60.0;

/// Once a client that is not done has been gone for so long, it is lost.
const MAY_BE_DONE_SECONDS: f64 = 5.0;

/// What the operator knows about a session beside the post of its server.
#[derive(Debug, Clone, Default)]
pub(in crate::reports) struct Surroundings {
    /// The ids of the clients that are to be there; `None` where only the server says so.
    pub(in crate::reports) wanted: Option<BTreeSet<String>>,
    /// The nodes of clients, by id.
    pub(in crate::reports) nodes: BTreeMap<String, String>,
    /// Since the operator changed something by itself.
    pub(in crate::reports) epoch_age_seconds: Option<f64>,
    /// Clients are done at some time, and go.
    pub(in crate::reports) is_bounded: bool,
    /// They are to come back from a drill.
    pub(in crate::reports) is_drilled: bool,
}

/// The clients of a post with their nodes and ways, as far as it says them. One of version 1 says who is there, and has no numbers
/// of the window of each.
pub(in crate::reports) fn judged_clients(post: &ServerPost) -> Vec<JudgedClient> {
    let rows = &post.summary.clients;
    let mut clients = match &post.judged {
        Some(judged) => judged.to_clients(),
        None => {
            let mut without_media = post.clients_without_media;
            rows.iter().map(|row| client_of_row(row, &mut without_media)).collect()
        }
    };
    let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    for client in &mut clients {
        let row = rows.get(client.id.as_str());
        client.node = row.and_then(|row| row.node.clone());
        client.vanishes_above = row.and_then(|row| vanishes_above(row));
    }
    clients
}

/// The size above which packets vanish on the way to a client, where its media has larger ones.
fn vanishes_above(row: &ClientRow) -> Option<u16> {
    row.path_mtu?.media_vanishes_above()
}

/// What is judged of all clients together.
pub(in crate::reports) fn judged_all(post: &ServerPost, span: Span) -> JudgedNumbers {
    let summary = &post.summary;
    match (span, post.judged_all) {
        (Span::Recent, Some(all)) if !post.is_final => all,
        (Span::Run { .. }, Some(all)) if post.is_final => all,
        (Span::Recent, _) => {
            let recent = &summary.recent;
            JudgedNumbers {
                loss_percent: recent.loss_percent,
                error_p95_pixels: recent.error_pixels.map(|error| error.p95),
                latency_p95_milliseconds: recent.latency_milliseconds.map(|latency| latency.p95),
                longest_freeze_milliseconds: recent.freezes.map(|freezes| freezes.longest_milliseconds),
                setup_p95_milliseconds: summary.setup_milliseconds.map(|setup| setup.p95),
                ..counted(&recent.frames, summary.video.frames_per_second)
            }
        }
        (Span::Run { seconds, clients, is_drilled }, _) => JudgedNumbers {
            delivered_percent: match is_drilled {
                true => summary.delivered_percent,
                false => delivered_percent(
                    &summary.frames,
                    summary.video.frames_per_second,
                    seconds.map(|seconds| seconds * clients as f64),
                ),
            },
            recovery_milliseconds: summary.recovery_milliseconds,
            loss_percent: summary.loss_percent,
            error_p95_pixels: summary.error_pixels.map(|error| error.p95),
            latency_p95_milliseconds: summary.latency_milliseconds.map(|latency| latency.p95),
            longest_freeze_milliseconds: summary.freezes.map(|freezes| freezes.longest_milliseconds),
            setup_p95_milliseconds: summary.setup_milliseconds.map(|setup| setup.p95),
            ..counted(&summary.frames, summary.video.frames_per_second)
        },
    }
}

/// The session that is judged, and by what: what a post cannot know is not asked of it.
pub(in crate::reports) fn judged_session(
    post: &ServerPost,
    clients: &[JudgedClient],
    span: Span,
    around: &Surroundings,
    objectives: &Objectives,
) -> (JudgedSession, Objectives) {
    let mut all = judged_all(post, span);
    let is_judged = post.judged.is_some() && (span == Span::Recent || post.is_final);
    let mut clients: Vec<_> = match span {
        Span::Run { .. } if !is_judged => {
            let totals = post.summary.clients.iter();
            totals.map(|row| client_of_run(row, post.summary.video.frames_per_second, span)).collect()
        }
        _ => clients.to_vec(),
    };
    let by_server = wanted_of(&clients);
    for client in &mut clients {
        // That a client is gone when the run is over is as it should be.
        if span != Span::Recent && matches!(client.media, Media::Gone { .. } | Media::Stopped { .. }) {
            client.media = Media::Flowing;
        }
        if let Some(wanted) = &around.wanted {
            client.is_wanted = wanted.contains(&client.id);
        }
        if around.is_bounded && is_just_gone(client.media) {
            client.is_wanted = false;
        }
        if client.node.is_none() {
            client.node = around.nodes.get(&client.id).cloned();
        }
    }
    if span == Span::Recent && is_judged && wanted_of(&clients) != by_server {
        all = of_wanted(all, &clients);
    }
    // Rows are those of all clients unless there are as many as there can be.
    if is_judged || post.summary.clients.len() < MAX_ROWS {
        let known: BTreeSet<_> = clients.iter().map(|client| client.id.clone()).collect();
        let missing = around.wanted.iter().flatten().filter(|id| !known.contains(*id));
        clients.extend(missing.map(|id| awaited(id, span, around)));
    }
    let session = JudgedSession {
        all,
        clients,
        frames_per_second: post.summary.video.frames_per_second,
        span_seconds: match span {
            Span::Recent => window_seconds(post),
            Span::Run { seconds, .. } => seconds.unwrap_or(post.summary.duration_seconds),
        },
        epoch_age_seconds: around.epoch_age_seconds.filter(|_| span == Span::Recent),
        is_suspended: false,
        cause: post.cause,
    };
    let delivered_percent =
        objectives.delivered_percent.filter(|_| is_judged || all.delivered_percent.is_some());
    // Who did not have to come back is not asked how long that took.
    let recovery = objectives.recovery.filter(|_| around.is_drilled || all.recovery_milliseconds.is_some());
    (session, Objectives { delivered_percent, recovery, ..*objectives })
}

/// The time that the running numbers of a post are of.
pub(in crate::reports) fn window_seconds(post: &ServerPost) -> f64 {
    post.window_seconds.unwrap_or(post.summary.recent.window_seconds)
}

/// Whether a client has gone so short a time ago that it may be done, and only its pod does not say so yet.
fn is_just_gone(media: Media) -> bool {
    matches!(media, Media::Gone { seconds } if seconds < MAY_BE_DONE_SECONDS)
}

fn wanted_of(clients: &[JudgedClient]) -> Vec<bool> {
    clients.iter().map(|client| client.is_wanted).collect()
}

/// What is judged of all together, where others are to be there than the server knows of: an absence that is as it should
/// be is no breach of all together either.
fn of_wanted(all: JudgedNumbers, clients: &[JudgedClient]) -> JudgedNumbers {
    let wanted = || clients.iter().filter(|client| client.is_wanted).map(|client| &client.numbers);
    let wanted_seconds: f64 = wanted().map(|numbers| numbers.wanted_seconds).sum();
    let delivered = |numbers: &JudgedNumbers| Some(numbers.delivered_percent? * numbers.wanted_seconds);
    let longest = wanted().filter_map(|numbers| numbers.longest_freeze_milliseconds);
    let recovery = wanted().filter_map(|numbers| numbers.recovery_milliseconds);
    JudgedNumbers {
        wanted_seconds,
        delivered_percent: (wanted_seconds > 0.0)
            .then(|| wanted().filter_map(delivered).sum::<f64>() / wanted_seconds),
        longest_freeze_milliseconds: longest.reduce(f64::max),
        recovery_milliseconds: recovery.reduce(f64::max),
        ..all
    }
}

/// Whether the client has ever decoded a frame.
fn had_media(frames: &Frames) -> bool {
    [frames.matched, frames.estimated, frames.late, frames.undetected] != [0; 4]
}

fn client_of_row(row: &ClientRow, without_media: &mut u32) -> JudgedClient {
    let media = match row.state {
        State::Connected if had_media(&row.frames) => Media::Flowing,
        State::Connecting | State::Connected => {
            // The worst rows come first, so the first of these are those that were counted.
            let is_counted = *without_media > 0;
            *without_media = without_media.saturating_sub(1);
            Media::NeverHad { seconds: if is_counted { WITHOUT_MEDIA_SECONDS } else { 0.0 } }
        }
        State::Ended | State::Lost | State::Failed => Media::Gone { seconds: 0.0 },
    };
    JudgedClient {
        id: row.id.clone(),
        node: None,
        is_wanted: matches!(row.state, State::Connecting | State::Connected),
        media,
        numbers: JudgedNumbers::default(),
        cause: Cause::Unknown,
        vanishes_above: None,
        way: None,
    }
}

/// The totals of a row.
pub(super) fn row_numbers(row: &ClientRow, frames_per_second: u32, span: Span) -> JudgedNumbers {
    JudgedNumbers {
        delivered_percent: match span {
            Span::Recent => None,
            Span::Run { is_drilled: true, .. } => delivered_since_drill(row),
            Span::Run { seconds, .. } => delivered_percent(&row.frames, frames_per_second, seconds),
        },
        recovery_milliseconds: row.recovery_milliseconds,
        loss_percent: row.loss_percent,
        error_p95_pixels: row.error_pixels.map(|error| error.p95),
        latency_p95_milliseconds: row.latency_milliseconds.map(|latency| latency.p95),
        longest_freeze_milliseconds: row.freezes.map(|freezes| freezes.longest_milliseconds),
        setup_p95_milliseconds: row.setup_milliseconds.first_report,
        ..counted(&row.frames, frames_per_second)
    }
}

/// The client of a whole run, by its totals.
fn client_of_run(row: &ClientRow, frames_per_second: u32, span: Span) -> JudgedClient {
    let numbers = row_numbers(row, frames_per_second, span);
    let never = Media::NeverHad { seconds: WITHOUT_MEDIA_SECONDS };
    let media = if had_media(&row.frames) { Media::Flowing } else { never };
    let (id, node) = (row.id.clone(), row.node.clone());
    let (cause, vanishes_above) = (row.cause, vanishes_above(row));
    JudgedClient { id, node, is_wanted: true, media, numbers, cause, vanishes_above, way: None }
}

/// A client that the server has not seen. Of a whole run that is a breach, of the window not yet.
fn awaited(id: &str, span: Span, around: &Surroundings) -> JudgedClient {
    JudgedClient {
        id: id.to_owned(),
        node: around.nodes.get(id).cloned(),
        is_wanted: true,
        media: match span {
            Span::Recent => Media::Awaited { seconds: 0.0 },
            Span::Run { seconds, .. } => {
                Media::NeverHad { seconds: seconds.unwrap_or(WITHOUT_MEDIA_SECONDS) }
            }
        },
        numbers: JudgedNumbers::default(),
        cause: Cause::Unknown,
        vanishes_above: None,
        way: None,
    }
}

/// Good frames, of those that the frame rate promises for so many seconds of all clients together. A client that began
/// anew may have more.
fn delivered_percent(frames: &Frames, frames_per_second: u32, seconds: Option<f64>) -> Option<f64> {
    let promised = seconds? * f64::from(frames_per_second);
    (promised > 0.0).then(|| (frames.good() as f64 * 100.0 / promised).min(100.0))
}

/// What the server says of the time since its client came back; what that took beyond the time that is forgiven counts as
/// well.
fn delivered_since_drill(row: &ClientRow) -> Option<f64> {
    let absent = (row.recovery_milliseconds.unwrap_or(0.0) / 1e3 - FORGIVEN_SECONDS).max(0.0);
    let wanted = row.wanted_seconds;
    row.delivered_percent.filter(|_| wanted > 0.0).map(|delivered| delivered * wanted / (wanted + absent))
}

/// What frames alone say. Without wanted times the settled frames are worth as much time as they take.
fn counted(frames: &Frames, frames_per_second: u32) -> JudgedNumbers {
    let settled = frames.settled();
    JudgedNumbers {
        settled,
        wanted_seconds: settled as f64 / f64::from(frames_per_second.max(1)),
        undetected_percent: frames.undetected_percent(),
        ..JudgedNumbers::default()
    }
}
