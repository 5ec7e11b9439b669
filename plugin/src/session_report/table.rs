//! A report for people at a terminal.

use std::fmt::Write;

use crate::session::Outcome;
use crate::session_report::columns::columns;
use crate::session_report::model::{ClientReport, Measured, Report};
use crate::session_report::quantity::Quantity;

/// What stands where there is no number.
const NONE: &str = "-";

/// Verdict and conditions, what was required, the clients, and what went wrong.
pub(super) fn table(report: &Report) -> String {
    let mut text = columns(&head(report));
    let _ = write!(text, "\n{}", columns(&quantities(&report.quantities)));
    if !report.clients.is_empty() {
        let _ = write!(text, "\n{}", columns(&clients(&report.clients)));
    }
    if !report.errors.is_empty() {
        let headings = row(["ERROR", "COUNT", "LAST MESSAGE"]);
        let errors = report.errors.iter().map(|error| {
            row([error.code.clone(), error.count.to_string(), error.message.clone().unwrap_or_default()])
        });
        let rows: Vec<_> = std::iter::once(headings).chain(errors).collect();
        let _ = write!(text, "\n{}", columns(&rows));
    }
    text
}

/// What the session says of itself, without numbers.
pub(crate) fn status(report: &Report) -> String {
    let headings = row(["CONDITION", "STATUS", "REASON", "MESSAGE"]);
    let rows = report.conditions.iter().map(|condition| {
        row([&condition.kind, &condition.status, &condition.reason, &condition.message].map(String::as_str))
    });
    let conditions: Vec<_> = std::iter::once(headings).chain(rows).collect();
    format!("{}\n{}", columns(&head(report)), columns(&conditions))
}

/// The outcome, and whether it stays.
pub(crate) fn verdict(report: &Report) -> String {
    let outcome = match report.outcome {
        Outcome::Met => "met",
        Outcome::Missed => "missed",
        Outcome::NotMeasurable => "not measurable",
        Outcome::Undecided => "undecided",
    };
    let so_far = if report.is_final { "" } else { " so far" };
    format!("{outcome}{so_far}")
}

fn head(report: &Report) -> Vec<Vec<String>> {
    let mut rows = vec![
        row(["session", &format!("{} in namespace {}", report.name, report.namespace)]),
        row(["verdict", &format!("{}, {}: {}", verdict(report), report.reason, report.message)]),
    ];
    let conditions = report.conditions.iter().map(|condition| {
        row([condition.kind.as_str(), &format!("{}, {}", condition.status, condition.reason)])
    });
    rows.extend(conditions);
    let clients = clients_in_words(report);
    let server = report.server_node.as_deref().unwrap_or(NONE);
    rows.push(row(["clients", &format!("{clients}, placement {}, server on {server}", report.placement)]));
    rows.extend(report.path.as_deref().map(|path| row(["path", path])));
    if let Some(measured) = &report.measured {
        rows.push(row(["measured", measured]));
    }
    let times = [("from", report.started_at), ("to", report.ended_at)];
    rows.extend(times.into_iter().filter_map(|(name, time)| Some(row([name, &time?.to_string()]))));
    rows
}

/// Of a run that is over none is ready any more: so many as there were to be.
fn clients_in_words(report: &Report) -> String {
    let ready = report.ready_clients.as_deref().unwrap_or(NONE);
    match ready.split_once('/').filter(|_| report.ended_at.is_some()) {
        Some((_, wanted)) => wanted.to_owned(),
        None => format!("{ready} ready"),
    }
}

fn quantities(quantities: &[Measured]) -> Vec<Vec<String>> {
    let rows = quantities.iter().map(|measured| {
        let Measured { quantity, value, limit, is_met, .. } = measured;
        row([
            quantity.title().to_owned(),
            value.map_or_else(|| NONE.to_owned(), |value| quantity.with_unit(value)),
            limit.map_or_else(|| NONE.to_owned(), |limit| quantity.limit(limit)),
            met(*is_met).to_owned(),
        ])
    });
    std::iter::once(row(["QUANTITY", "MEASURED", "REQUIRED", "MET"])).chain(rows).collect()
}

pub(super) fn met(is_met: Option<bool>) -> &'static str {
    match is_met {
        Some(true) => "yes",
        Some(false) => "no",
        None => NONE,
    }
}

/// The columns of clients.
pub(super) const OF_CLIENTS: [Quantity; 7] = [
    Quantity::ErrorP95,
    Quantity::LatencyP95,
    Quantity::Loss,
    Quantity::Undetected,
    Quantity::Delivered,
    Quantity::Freeze,
    Quantity::SetupP95,
];

/// A row for each client, with an exclamation mark behind what breaches.
pub(super) fn clients(clients: &[ClientReport]) -> Vec<Vec<String>> {
    let mut headings = row(["CLIENT", "NODE", "STATE"]);
    headings.extend(OF_CLIENTS.map(|quantity| quantity.title().to_uppercase()));
    headings.push("CAUSE".to_owned());
    let rows = clients.iter().map(|client| {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| NONE.to_owned());
        let mut cells = vec![client.id.clone(), or_none(&client.node), or_none(&client.state)];
        cells.extend(OF_CLIENTS.map(|quantity| cell(client, quantity)));
        cells.push(or_none(&client.cause));
        cells
    });
    std::iter::once(headings).chain(rows).collect()
}

fn cell(client: &ClientReport, quantity: Quantity) -> String {
    let measured = client.quantities.iter().find(|measured| measured.quantity == quantity);
    let Some((value, is_met)) = measured.and_then(|measured| Some((measured.value?, measured.is_met))) else {
        return NONE.to_owned();
    };
    format!("{}{}", quantity.with_unit(value), if is_met == Some(false) { " !" } else { "" })
}

fn row<T: Into<String>, const N: usize>(cells: [T; N]) -> Vec<String> {
    cells.map(Into::into).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{condition, missed, session};
    use crate::session_report::report;

    #[test]
    fn the_whole_table() {
        assert_eq!(table(&report(&session(&missed()))), include_str!("testdata/missed.txt"));
    }

    #[test]
    fn without_numbers_there_is_a_stage() {
        let mut new = session(&[condition("Ready", "False", "ImagePullFailed", 3)]);
        new.status = new.status.take().map(|status| crds::BallSessionStatus {
            conditions: status.conditions,
            ..crds::BallSessionStatus::default()
        });
        let text = table(&report(&new));
        assert!(
            text.starts_with(
                "session   harbor in namespace docks\n\
                 verdict   not measurable so far, ImagePullFailed: ImagePullFailed in words\n"
            ),
            "{text}"
        );
        assert!(text.contains("latency p95      -          -          -\n"), "{text}");
    }
}
