//! What a status says beside its numbers: these move with every report, and words do not.

use std::collections::BTreeMap;

use crds::{BallSessionStatus, ClientStatus, MAX_CLIENTS, Measurements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::figures::without_figures;
use crate::reports::status::condition::condition;

/// Whether two statuses say the same, whatever numbers are in them.
pub(super) fn say_the_same(one: &BallSessionStatus, other: &BallSessionStatus) -> bool {
    Words::of(one) == Words::of(other) && have_the_same_rows(&one.clients, &other.clients)
}

/// All that is no number, and which numbers there are.
#[derive(PartialEq)]
struct Words<'a> {
    condition: Option<Condition>,
    started_at: Option<&'a Time>,
    server_restarts: Option<i32>,
    is_known: [bool; 13],
    cause: Option<&'a str>,
    reason: Option<&'a str>,
    message: Option<String>,
    errors: Vec<(&'a str, Option<String>)>,
}

impl<'a> Words<'a> {
    fn of(status: &'a BallSessionStatus) -> Self {
        let condition = condition(status).cloned().map(|condition| {
            let message = without_figures(&condition.message);
            Condition { message, ..condition }
        });
        let display = status.display.as_ref();
        let errors = status.errors.iter();
        Self {
            condition,
            started_at: status.measurements.as_ref().and_then(|measured| measured.started_at.as_ref()),
            server_restarts: status.server_restarts,
            is_known: is_known(status),
            cause: display.and_then(|display| display.cause.as_deref()),
            reason: display.and_then(|display| display.reason.as_deref()),
            message: display.and_then(|display| display.message.as_deref()).map(without_figures),
            errors: errors
                .map(|error| (error.code.as_str(), error.message.as_deref().map(without_figures)))
                .collect(),
        }
    }
}

/// Which numbers there are.
fn is_known(status: &BallSessionStatus) -> [bool; 13] {
    let measured = status.measurements.as_ref();
    let has = |number: fn(&Measurements) -> bool| measured.is_some_and(number);
    let display = status.display.as_ref();
    [
        has(|measured| measured.frames.is_some()),
        has(|measured| measured.loss_percent.is_some()),
        has(|measured| measured.undetected_percent.is_some()),
        has(|measured| measured.delivered_percent.is_some()),
        has(|measured| measured.error_pixels.is_some()),
        has(|measured| measured.latency_milliseconds.is_some()),
        has(|measured| measured.setup_milliseconds.is_some()),
        has(|measured| measured.freezes.is_some()),
        display.is_some_and(|display| display.error_p95.is_some()),
        display.is_some_and(|display| display.latency_p95.is_some()),
        display.is_some_and(|display| display.delivered.is_some()),
        display.is_some_and(|display| display.freeze.is_some()),
        has(|measured| measured.recovery_milliseconds.is_some()),
    ]
}

/// Whether the rows are of the same clients, in the same state on the same nodes, and media goes the same way. Their order is that of their numbers; and so is which
/// clients have a row where there are more of them than rows.
fn have_the_same_rows(one: &[ClientStatus], other: &[ClientStatus]) -> bool {
    let by_id = |rows: &[ClientStatus]| -> BTreeMap<String, [Option<String>; 4]> {
        let words = |row: &ClientStatus| [&row.state, &row.node, &row.zone, &row.path].map(Clone::clone);
        rows.iter().map(|row| (row.id.clone(), words(row))).collect()
    };
    let are_full = one.len() >= MAX_CLIENTS && other.len() >= MAX_CLIENTS;
    let (one, other) = (by_id(one), by_id(other));
    match are_full {
        true => one.iter().all(|(id, row)| other.get(id).is_none_or(|found| found == row)),
        false => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with_rows(rows: &[Value]) -> BallSessionStatus {
        serde_json::from_value(json!({"clients": rows})).unwrap()
    }

    fn row(id: usize, state: &str) -> Value {
        json!({"id": format!("harbor-client-{id}"), "state": state, "lossPercent": id.to_string(), "cause": "Network"})
    }

    #[test]
    fn the_order_of_rows_is_that_of_their_numbers() {
        let rows = [row(0, "Connected"), row(1, "Connected")];
        let turned = [rows[1].clone(), rows[0].clone()];
        assert!(say_the_same(&with_rows(&rows), &with_rows(&turned)));
        for other in
            [&rows[..1], &[row(0, "Connected"), row(1, "Lost")], &[row(0, "Connected"), row(2, "Connected")]]
        {
            assert!(!say_the_same(&with_rows(&rows), &with_rows(other)), "{other:?}");
        }
    }

    #[test]
    fn another_way_of_media_is_no_number() {
        let by = |path: &str| with_rows(&[json!({"id": "harbor-client-0", "path": path})]);
        let pair = "host 10.244.1.7:50000 to host 10.96.0.7:8082";
        assert!(say_the_same(&by(pair), &by(pair)));
        assert!(!say_the_same(&by(pair), &by("host 10.244.1.7:50001 to host 10.96.0.8:8082")));
        assert!(!say_the_same(&by(pair), &with_rows(&[json!({"id": "harbor-client-0"})])));
    }

    #[test]
    fn which_of_many_clients_are_the_worst_is_a_matter_of_numbers() {
        let full = |first: usize, state: &str| -> Vec<_> {
            (first..first + MAX_CLIENTS)
                .map(|id| row(id, if id == 9 { state } else { "Connected" }))
                .collect()
        };
        let rows = with_rows(&full(0, "Connected"));
        assert!(say_the_same(&rows, &with_rows(&full(3, "Connected"))));
        assert!(!say_the_same(&rows, &with_rows(&full(3, "Lost"))));
        assert!(!say_the_same(&rows, &with_rows(&full(0, "Connected")[1..])));
    }
}
