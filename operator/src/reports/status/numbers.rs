//! The numbers of a server's report as they stand in a status.

use crds::{ClientStatus, Display, Frames, Freezes, MAX_CLIENTS, Measurements, Quantiles};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use measure::Numbers;
use report::{ClientRow, Summary};

use crate::reports::status::text::{self, decimal};

/// Bytes of a client's name, and of a node's.
const MAX_ID: usize = 128;
const MAX_NODE: usize = 253;

/// Which of a report's numbers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum Span {
    /// Those of the last while: the run goes on.
    Recent,
    /// Those of the whole run: it is over.
    Run,
}

impl Span {
    /// What is judged.
    pub(in crate::reports) fn of(self, summary: &Summary) -> Numbers {
        match self {
            Self::Recent => Numbers::of_recent(summary),
            Self::Run => Numbers::of_run(summary),
        }
    }
}

/// Numbers, columns and rows of a report.
pub(in crate::reports) fn numbers(
    summary: &Summary,
    span: Span,
) -> (Measurements, Option<Display>, Vec<ClientStatus>) {
    let numbers = span.of(summary);
    let clients = summary.clients.iter().take(MAX_CLIENTS).map(client).collect();
    (measurements(summary, &numbers), display(&numbers), clients)
}

fn measurements(summary: &Summary, numbers: &Numbers) -> Measurements {
    Measurements {
        started_at: Some(Time(text::seconds(summary.started_at))),
        frames: Some(frames(&numbers.frames)),
        loss_percent: numbers.loss_percent.and_then(decimal),
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
            p95: decimal(setup.p95),
            ..Quantiles::default()
        }),
        freezes: numbers.freezes.map(|freezes| Freezes {
            count: whole(freezes.count),
            longest_milliseconds: decimal(freezes.longest_milliseconds),
        }),
    }
}

fn display(numbers: &Numbers) -> Option<Display> {
    let display = Display {
        error_p95: numbers.error_pixels.and_then(|error| text::pixels(error.p95)),
        error_mean: numbers.error_pixels.and_then(|error| text::pixels(error.mean)),
        latency_p95: numbers.latency_milliseconds.and_then(|latency| text::milliseconds(latency.p95)),
        loss: numbers.loss_percent.and_then(text::percent),
        ..Display::default()
    };
    (display != Display::default()).then_some(display)
}

fn client(row: &ClientRow) -> ClientStatus {
    ClientStatus {
        id: report::escape(&row.id, MAX_ID),
        node: row.node.as_deref().map(|node| report::escape(node, MAX_NODE)),
        state: Some(row.state.as_str().to_owned()),
        reconnects: row.reconnects.into(),
        frames: Some(frames(&row.frames)),
        loss_percent: row.loss_percent.and_then(decimal),
        error_pixels_p95: row.error_pixels.and_then(|error| decimal(error.p95)),
        latency_milliseconds_p95: row.latency_milliseconds.and_then(|latency| decimal(latency.p95)),
        longest_freeze_milliseconds: row.freezes.and_then(|freezes| decimal(freezes.longest_milliseconds)),
        setup_milliseconds: row.setup_milliseconds.first_report.and_then(decimal),
    }
}

fn frames(frames: &report::Frames) -> Frames {
    Frames {
        sent: whole(frames.sent),
        pending: whole(frames.pending),
        matched: whole(frames.matched),
        estimated: whole(frames.estimated),
        lost: whole(frames.lost),
        late: whole(frames.late),
        undecodable: whole(frames.undecodable),
        undetected: whole(frames.undetected),
    }
}

/// Kubernetes has no unsigned numbers.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::testing::{row, server_post};

    #[test]
    fn a_running_session_shows_the_last_while_and_a_finished_one_the_whole_run() {
        let summary = server_post(1).summary;
        let (recent, columns, _) = numbers(&summary, Span::Recent);
        assert_eq!(
            serde_json::to_value(&recent).unwrap(),
            json!({
                "startedAt": "2026-01-01T00:00:00Z",
                "frames": {"sent": 1800, "pending": 2, "matched": 1795, "estimated": 0, "lost": 3, "late": 0,
                           "undecodable": 0, "undetected": 0},
                "lossPercent": "0.167",
                "errorPixels": {"mean": "0.006", "p50": "0.005", "p95": "0.012", "max": "0.12"},
                "latencyMilliseconds": {"p50": "3.1", "p95": "7.5", "max": "20"},
                "setupMilliseconds": {"p50": "60", "p95": "80"},
                "freezes": {"count": 1, "longestMilliseconds": "166"}
            })
        );
        assert_eq!(
            serde_json::to_value(columns).unwrap(),
            json!({"errorP95": "0.012px", "errorMean": "0.006px", "latencyP95": "7.5ms", "loss": "0.17%"})
        );
        let (run, columns, _) = numbers(&summary, Span::Run);
        assert_eq!(run.frames.unwrap().sent, 18_000);
        assert_eq!(columns.unwrap().error_p95.as_deref(), Some("0.02px"));
    }

    #[test]
    fn rows_are_bounded_and_their_texts_harmless() {
        let mut summary = server_post(1).summary;
        summary.clients = (0..20).map(|number| row(&format!("client-{number}"))).collect();
        summary.clients[0].id = "\u{1b}[2J".repeat(100);
        summary.clients[0].frames.sent = u64::MAX;
        let (_, _, rows) = numbers(&summary, Span::Recent);
        assert_eq!(rows.len(), MAX_CLIENTS);
        assert!(rows[0].id.starts_with("\\u{1b}[2J") && rows[0].id.len() <= MAX_ID);
        assert_eq!(rows[0].frames.unwrap().sent, i64::MAX);
        assert_eq!((rows[1].id.as_str(), rows[1].state.as_deref()), ("client-1", Some("Connected")));
    }

    #[test]
    fn what_has_no_samples_is_left_out() {
        let mut summary = server_post(1).summary;
        summary.recent.loss_percent = None;
        summary.recent.error_pixels = None;
        summary.recent.latency_milliseconds = None;
        summary.recent.freezes = None;
        let (recent, columns, _) = numbers(&summary, Span::Recent);
        assert_eq!((recent.loss_percent, recent.error_pixels, recent.freezes), (None, None, None));
        assert_eq!(columns, None);
    }
}
