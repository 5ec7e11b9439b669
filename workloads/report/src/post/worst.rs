//! Which rows go first when not all can.

use std::cmp::Ordering;

use super::limits::MAX_ROWS;
use crate::{codes::State, summary::ClientRow};

/// How many clients that went in no good order come before those that are there. A client whose media is blocked
/// leaves such a row with every attempt, and would push out all others in time.
const MAX_BROKEN: usize = MAX_ROWS / 2;

/// Why a row goes before others, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The client is there, and its media is not.
    WithoutMedia,
    /// The client went in no good order, not long ago.
    Broken,
    /// The client is there and so is its media: worse numbers go first.
    WithMedia,
    /// The client is gone.
    Gone,
}

/// The rows, worst first. They come in the order in which the clients did; of those that are gone the last go first.
pub fn worst_first(rows: Vec<ClientRow>) -> Vec<ClientRow> {
    let mut broken = 0;
    let mut ranked: Vec<(Rank, ClientRow)> = rows
        .into_iter()
        .rev()
        .map(|row| {
            let rank = rank(&row);
            broken += usize::from(rank == Rank::Broken);
            (if rank == Rank::Broken && broken > MAX_BROKEN { Rank::Gone } else { rank }, row)
        })
        .collect();
    // Stable, for the order of those that are gone.
    ranked.sort_by(|(rank, row), (other_rank, other)| {
        rank.cmp(other_rank).then_with(|| match rank {
            Rank::Broken | Rank::Gone => Ordering::Equal,
            Rank::WithoutMedia | Rank::WithMedia => worse(row, other),
        })
    });
    ranked.into_iter().map(|(_, row)| row).collect()
}

fn rank(row: &ClientRow) -> Rank {
    let frames = &row.frames;
    let decoded = [frames.matched, frames.estimated, frames.late, frames.undetected];
    match row.state {
        State::Connecting => Rank::WithoutMedia,
        State::Connected if decoded == [0; 4] => Rank::WithoutMedia,
        State::Connected => Rank::WithMedia,
        State::Failed | State::Lost => Rank::Broken,
        State::Ended => Rank::Gone,
    }
}

/// `Less` where `row` goes before `other`: by loss, error, latency, freeze, and last by name, so that the order does
/// not change while the numbers do not.
fn worse(row: &ClientRow, other: &ClientRow) -> Ordering {
    let pairs = badness(other).into_iter().zip(badness(row));
    let by_numbers = pairs.map(|(other, row)| other.total_cmp(&row)).find(|order| order.is_ne());
    by_numbers.unwrap_or_else(|| row.id.cmp(&other.id))
}

fn badness(row: &ClientRow) -> [f64; 4] {
    [
        row.loss_percent,
        row.error_pixels.map(|error| error.p95),
        row.latency_milliseconds.map(|latency| latency.p95),
        row.freezes.map(|freezes| freezes.longest_milliseconds),
    ]
    .map(|number| number.unwrap_or(-1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorPixels, Frames, Freezes, LatencyMilliseconds};

    fn row(id: &str, state: State, matched: u64) -> ClientRow {
        ClientRow {
            state,
            frames: Frames { sent: matched, matched, ..Frames::default() },
            ..ClientRow::new(id)
        }
    }

    fn ids(rows: Vec<ClientRow>) -> Vec<String> {
        worst_first(rows).into_iter().map(|row| row.id).collect()
    }

    #[test]
    fn clients_without_media_go_first_and_those_that_said_bye_last() {
        let rows = vec![
            row("ended", State::Ended, 900),
            row("fine", State::Connected, 900),
            row("failed", State::Failed, 0),
            row("lost", State::Lost, 900),
            row("mute", State::Connected, 0),
            row("dialling", State::Connecting, 900),
        ];
        assert_eq!(ids(rows), ["dialling", "mute", "lost", "failed", "fine", "ended"]);
    }

    #[test]
    fn loss_weighs_more_than_error_and_error_more_than_latency() {
        let with = |id: &str, loss: f64, error: f64, latency: f64, freeze: f64| ClientRow {
            loss_percent: Some(loss),
            error_pixels: Some(ErrorPixels { mean: 0.0, p50: 0.0, p95: error, max: 99.0 - error }),
            latency_milliseconds: Some(LatencyMilliseconds { p50: 0.0, p95: latency, max: 99.0 - latency }),
            freezes: Some(Freezes { count: 0, longest_milliseconds: freeze }),
            ..row(id, State::Connected, 900)
        };
        let rows = vec![
            row("no-numbers", State::Connected, 900),
            with("b", 0.0, 0.0, 0.0, 0.0),
            with("a", 0.0, 0.0, 0.0, 0.0),
            with("frozen", 0.0, 0.0, 0.0, 9.0),
            with("slow", 0.0, 0.0, 9.0, 1.0),
            with("far", 0.0, 9.0, 1.0, 1.0),
            with("lossy", 9.0, 1.0, 1.0, 1.0),
        ];
        assert_eq!(ids(rows), ["lossy", "far", "slow", "frozen", "a", "b", "no-numbers"]);
    }

    #[test]
    fn attempt_after_attempt_of_one_client_does_not_push_out_the_others() {
        let mut rows: Vec<_> = (0..16).map(|n| row(&format!("attempt-{n}"), State::Failed, 0)).collect();
        rows.extend((0..20).map(|n| row(&format!("client-{n:02}"), State::Connected, 900)));
        rows.push(row("attempt-16", State::Connecting, 0));
        let ids = ids(rows);
        assert_eq!(ids[..3], ["attempt-16", "attempt-15", "attempt-14"]);
        assert_eq!(ids[8..10], ["attempt-8", "client-00"]);
        assert_eq!(ids.last().map(String::as_str), Some("attempt-0"));
    }

    #[test]
    fn numbers_that_are_none_do_not_upset_the_order() {
        let rows = (0..50).map(|n| ClientRow {
            loss_percent: Some(if n % 3 == 0 { f64::NAN } else { f64::from(n) }),
            ..row(&format!("{n:02}"), State::Connected, 1)
        });
        let ids = ids(rows.collect());
        assert_eq!((ids[0].as_str(), ids[17].as_str(), ids.len()), ("00", "49", 50));
    }
}
