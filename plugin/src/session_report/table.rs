//! A report for people at a terminal.

use std::fmt::Write;

use crate::session::Outcome;
use crate::session_report::clients::{NONE, clients, rows};
use crate::session_report::columns::columns;
use crate::session_report::model::{DrillReport, Measured, Report};

/// Verdict and conditions, what was required, the clients, and what went wrong.
pub(super) fn table(report: &Report) -> String {
    let mut text = columns(&head(report));
    let _ = write!(text, "\n{}", columns(&quantities(&report.quantities)));
    if !report.clients.is_empty() {
        let _ = write!(text, "\n{}", columns(&rows(&clients(&report.clients))));
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
    let zone = report.server_zone.as_ref().map_or_else(String::new, |zone| format!(" in zone {zone}"));
    rows.push(row([
        "clients",
        &format!("{clients}, placement {}, server on {server}{zone}", report.placement),
    ]));
    rows.push(row(["path", &path(report)]));
    rows.extend(report.drill.as_ref().map(|drill| row(["drill", &drill_in_words(drill)])));
    if let Some(measured) = &report.measured {
        rows.push(row(["measured", measured]));
    }
    let times = [("from", report.started_at), ("to", report.ended_at)];
    rows.extend(times.into_iter().filter_map(|(name, time)| Some(row([name, &time?.to_string()]))));
    rows
}

/// The way that media is to take, with its addresses where they are known.
pub(super) fn path(report: &Report) -> String {
    report.path.clone().unwrap_or_else(|| report.path_name())
}

/// What was done to the server on purpose, and what that cost.
pub(super) fn drill_in_words(drill: &DrillReport) -> String {
    let when = drill.started_at.map_or_else(|| "not yet".to_owned(), |time| format!("at {time}"));
    let frames = drill.lost_frames.map_or_else(String::new, |frames| format!(", {frames} frames missed"));
    format!("{}, {when}{frames}", drill.asked)
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
    fn what_few_sessions_have_has_no_place_in_others() {
        let mut plain = session(&missed());
        (plain.spec.path, plain.spec.ip_family, plain.spec.drill) = (crds::MediaPath::PodIp, None, None);
        plain.spec.objectives.recovery = None;
        let status = plain.status.as_mut().unwrap();
        status.measurements.as_mut().unwrap().recovery_milliseconds = None;
        let display = status.display.as_mut().unwrap();
        (display.path, display.server_zone) = (None, None);
        for row in &mut status.clients {
            (row.zone, row.path, row.path_mtu, row.recovery_milliseconds) = (None, None, None, None);
        }
        let text = table(&report(&plain));
        assert!(text.contains("server on worker-1\npath            PodIP\nmeasured "), "{text}");
        for word in ["ZONE", "RECOVERY", "recovery", "MTU", "PATH", "drill", "zone"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn a_drill_that_is_still_to_come_and_a_path_without_an_address_are_named() {
        let mut waiting = session(&missed());
        let status = waiting.status.as_mut().unwrap();
        status.run.as_mut().unwrap().drill = None;
        status.display.as_mut().unwrap().path = None;
        let measurements = status.measurements.as_mut().unwrap();
        (measurements.recovery_milliseconds, measurements.lost_frames) = (None, None);
        let text = table(&report(&waiting));
        let head = "path            ClusterIP IPv4\ndrill           RestartServer after 30s, not yet\n";
        assert!(text.contains(head), "{text}");
        assert!(text.contains("recovery         -           at most 2000 ms   -\n"), "{text}");
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
