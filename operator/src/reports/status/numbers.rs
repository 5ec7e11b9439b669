//! The numbers of a server's report as they stand in a status.

use std::collections::HashMap;

use crds::{ClientStatus, Display, Freezes, MAX_CLIENTS, Measurements, Quantiles};
use report::judged::{JudgedClient, JudgedNumbers};
use report::post::ServerPost;
use report::{ClientRow, ErrorPixels, LatencyMilliseconds, SetupQuantiles, Summary};

use crate::reports::status::judged::{judged_all, row_numbers};
use crate::reports::status::rows::{client, frames};
use crate::reports::status::span::Span;
use crate::reports::status::text::{self, decimal, whole};
use crate::timestamps::stored_time;

/// Numbers, columns and rows of a report. `clients` are those of the post as they are judged, `cause` is what a missed
/// verdict names.
pub(in crate::reports) fn numbers(
    post: &ServerPost,
    clients: &[JudgedClient],
    span: Span,
    cause: Option<&str>,
) -> (Measurements, Option<Display>, Vec<ClientStatus>) {
    let numbers = Numbers::of(post, span);
    // What a running session is judged by is what its rows show; of a whole run they have their totals.
    let is_judged = post.judged.is_some() && (span == Span::Recent) != post.is_final;
    let judged: HashMap<_, _> = match is_judged {
        true => clients.iter().map(|client| (client.id.as_str(), client)).collect(),
        false => HashMap::new(),
    };
    let totals = |row: &ClientRow| row_numbers(row, post.summary.video.frames_per_second, span);
    let client = |row: &ClientRow| match judged.get(row.id.as_str()) {
        Some(judged) => client(row, &judged.numbers, judged.cause),
        None => client(row, &totals(row), row.cause),
    };
    let rows = post.summary.clients.iter().take(MAX_CLIENTS).map(client).collect();
    (measurements(&post.summary, &numbers), display(&numbers, cause), rows)
}

/// The numbers of a post over a span.
struct Numbers {
    judged: JudgedNumbers,
    frames: report::Frames,
    error_pixels: Option<ErrorPixels>,
    latency_milliseconds: Option<LatencyMilliseconds>,
    setup_milliseconds: Option<SetupQuantiles>,
    freezes: Option<report::Freezes>,
}

impl Numbers {
    fn of(post: &ServerPost, span: Span) -> Self {
        let (judged, summary, recent) = (judged_all(post, span), &post.summary, &post.summary.recent);
        let (frames, error_pixels, latency_milliseconds, freezes) = match span {
            Span::Recent => (recent.frames, recent.error_pixels, recent.latency_milliseconds, recent.freezes),
            Span::Run { .. } => {
                (summary.frames, summary.error_pixels, summary.latency_milliseconds, summary.freezes)
            }
        };
        // Version 1 has set-ups of the whole run alone.
        let setup_milliseconds = match span {
            Span::Recent => recent.setup_milliseconds.or(summary.setup_milliseconds),
            Span::Run { .. } => summary.setup_milliseconds,
        };
        Self { judged, frames, error_pixels, latency_milliseconds, setup_milliseconds, freezes }
    }
}

fn measurements(summary: &Summary, numbers: &Numbers) -> Measurements {
    let judged = &numbers.judged;
    Measurements {
        started_at: Some(stored_time(summary.started_at)),
        frames: Some(frames(&numbers.frames)),
        loss_percent: judged.loss_percent.and_then(decimal),
        undetected_percent: judged.undetected_percent.and_then(decimal),
        delivered_percent: judged.delivered_percent.and_then(decimal),
        error_pixels: numbers.error_pixels.map(|error| Quantiles {
            mean: decimal(error.mean),
            p50: decimal(error.p50),
            p95: decimal(error.p95),
            max: decimal(error.max),
        }),
        latency_milliseconds: numbers.latency_milliseconds.map(|latency| Quantiles {
            mean: None,
            p50: decimal(latency.p50),
            p95: decimal(latency.p95),
            max: decimal(latency.max),
        }),
        setup_milliseconds: numbers.setup_milliseconds.map(|setup| Quantiles {
            p50: decimal(setup.p50),
            p95: decimal(judged.setup_p95_milliseconds.unwrap_or(setup.p95)),
            ..Quantiles::default()
        }),
        freezes: numbers.freezes.map(|freezes| Freezes {
            count: whole(freezes.count),
            longest_milliseconds: decimal(longest_freeze(judged, &freezes)),
        }),
        recovery_milliseconds: summary.recovery_milliseconds.and_then(decimal),
        lost_frames: summary.lost_frames.map(whole),
    }
}

/// With the gap that is still open, where it is known.
fn longest_freeze(judged: &JudgedNumbers, freezes: &report::Freezes) -> f64 {
    judged.longest_freeze_milliseconds.unwrap_or(freezes.longest_milliseconds)
}

fn display(numbers: &Numbers, cause: Option<&str>) -> Option<Display> {
    let judged = &numbers.judged;
    let display = Display {
        error_p95: numbers.error_pixels.and_then(|error| text::pixels(error.p95)),
        error_mean: numbers.error_pixels.and_then(|error| text::pixels(error.mean)),
        latency_p95: numbers.latency_milliseconds.and_then(|latency| text::milliseconds(latency.p95)),
        loss: judged.loss_percent.and_then(text::percent),
        delivered: judged.delivered_percent.and_then(text::percent),
        freeze: judged.longest_freeze_milliseconds.and_then(text::milliseconds),
        cause: cause.map(str::to_owned),
        ..Display::default()
    };
    (display != Display::default()).then_some(display)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::status::judged::judged_clients;
    use crate::reports::testing::{judged_post, server_post};

    const RUN: Span = Span::Run { seconds: Some(300.0), clients: 2, is_drilled: false };

    fn shown(post: &ServerPost, span: Span) -> (Measurements, Option<Display>, Vec<ClientStatus>) {
        numbers(post, &judged_clients(post), span, None)
    }

    #[test]
    fn a_running_session_shows_the_last_window_and_a_finished_one_the_whole_run() {
        let post = judged_post(1);
        let (recent, columns, _) = numbers(&post, &judged_clients(&post), Span::Recent, Some("Network"));
        assert_eq!(
            serde_json::to_value(&recent).unwrap(),
            json!({
                "startedAt": "2026-01-01T00:00:00Z",
                "frames": {"sent": 1800, "pending": 2, "matched": 1795, "estimated": 0, "lost": 3, "late": 0,
                           "undecodable": 0, "undetected": 0},
                "lossPercent": "0.167", "undetectedPercent": "0", "deliveredPercent": "99.7",
                "errorPixels": {"mean": "0.006", "p50": "0.005", "p95": "0.012", "max": "0.12"},
                "latencyMilliseconds": {"p50": "3.1", "p95": "7.5", "max": "20"},
                "setupMilliseconds": {"p50": "60", "p95": "80"},
                "freezes": {"count": 1, "longestMilliseconds": "166"}
            })
        );
        assert_eq!(
            serde_json::to_value(columns).unwrap(),
            json!({"errorP95": "0.012px", "errorMean": "0.006px", "latencyP95": "7.5ms", "loss": "0.17%",
                   "delivered": "99.7%", "freeze": "166ms", "cause": "Network"})
        );
        let (run, columns, _) = shown(&post, RUN);
        assert_eq!(run.frames.unwrap().sent, 18_000);
        assert_eq!(run.delivered_percent.as_deref(), Some("100"), "17,997 of 18,000");
        assert_eq!(columns.unwrap().error_p95.as_deref(), Some("0.02px"));
    }

    #[test]
    fn what_a_post_of_version_1_does_not_say_is_left_out() {
        let (recent, columns, rows) = shown(&server_post(1), Span::Recent);
        assert_eq!((recent.delivered_percent, recent.undetected_percent.as_deref()), (None, Some("0")));
        assert_eq!((columns.unwrap().delivered, rows[0].delivered_percent.as_ref()), (None, None));
    }

    #[test]
    fn what_has_no_samples_is_left_out() {
        let mut post = server_post(1);
        let recent = &mut post.summary.recent;
        recent.frames = report::Frames::default();
        recent.loss_percent = None;
        recent.error_pixels = None;
        recent.latency_milliseconds = None;
        recent.freezes = None;
        let (recent, columns, _) = shown(&post, Span::Recent);
        assert_eq!((recent.loss_percent, recent.error_pixels, recent.freezes), (None, None, None));
        assert_eq!((recent.undetected_percent, columns), (None, None));
    }
}
