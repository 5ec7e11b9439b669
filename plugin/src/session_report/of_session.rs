//! The report of a resource.

use crds::contract::OBJECTIVES_MET;
use crds::{BallSession, ClientStatus, Drill, DrillRun, Measurements, Objectives};
use kube::ResourceExt;
use report::duration;

use crate::session::{Judgement, current, judge};
use crate::session_report::model::{
    ClientReport, ConditionRow, DrillReport, ErrorRow, Measured, Report, SCHEMA_VERSION,
};
use crate::session_report::quantity::Quantity;

/// What a session says of itself.
pub(crate) fn report(session: &BallSession) -> Report {
    report_judged(session, judge(session))
}

/// The same, for who has waited for a verdict and knows more than one version of the session says.
pub(crate) fn report_judged(session: &BallSession, judgement: Judgement) -> Report {
    let status = session.status.clone().unwrap_or_default();
    let display = status.display.unwrap_or_default();
    let run = status.run.unwrap_or_default();
    let conditions = status.conditions.iter().map(|condition| ConditionRow {
        kind: condition.type_.clone(),
        status: condition.status.clone(),
        reason: condition.reason.clone(),
        message: condition.message.clone(),
    });
    let errors = status.errors.iter().map(|error| ErrorRow {
        code: error.code.clone(),
        count: error.count,
        message: error.message.clone(),
    });
    // A verdict about other objectives than the present ones says nothing of these.
    let objectives = current(session, OBJECTIVES_MET).map(|_| &session.spec.objectives);
    let lost_frames = status.measurements.as_ref().and_then(|numbers| numbers.lost_frames);
    let drill = session.spec.drill.as_ref().map(|asked| drill(asked, run.drill, lost_frames));
    Report {
        schema_version: SCHEMA_VERSION,
        name: session.name_any(),
        namespace: session.namespace().unwrap_or_default(),
        outcome: judgement.outcome,
        is_final: judgement.is_final,
        reason: judgement.reason,
        message: judgement.message,
        cause: display.cause.filter(|cause| !cause.is_empty()),
        measured: run.spec,
        started_at: run.started_at.map(|time| time.0),
        ended_at: run.ended_at.map(|time| time.0),
        placement: format!("{:?}", session.spec.placement),
        server_node: display.server_node,
        ready_clients: display.clients,
        conditions: conditions.collect(),
        frames: status.measurements.as_ref().and_then(|numbers| numbers.frames),
        quantities: quantities(&status.measurements.unwrap_or_default(), objectives),
        clients: status.clients.iter().map(|row| client(row, objectives)).collect(),
        errors: errors.collect(),
        media_path: session.spec.path,
        path: display.path,
        ip_family: session.spec.ip_family,
        server_zone: display.server_zone,
        drill,
    }
}

/// The drill in the run, or the one that it is about to have.
fn drill(asked: &Drill, in_run: Option<DrillRun>, lost_frames: Option<i64>) -> DrillReport {
    let in_run = in_run.unwrap_or_else(|| DrillRun {
        asked: format!("{} after {}", asked.kind.as_str(), asked.after),
        ..DrillRun::default()
    });
    DrillReport { asked: in_run.asked, started_at: in_run.started_at.map(|time| time.0), lost_frames }
}

fn quantities(numbers: &Measurements, objectives: Option<&Objectives>) -> Vec<Measured> {
    let error = numbers.error_pixels.clone().unwrap_or_default();
    let latency = numbers.latency_milliseconds.clone().unwrap_or_default();
    let setup = numbers.setup_milliseconds.clone().unwrap_or_default();
    let freezes = numbers.freezes.clone().unwrap_or_default();
    [
        (Quantity::ErrorP95, &error.p95),
        (Quantity::LatencyP95, &latency.p95),
        (Quantity::Loss, &numbers.loss_percent),
        (Quantity::Undetected, &numbers.undetected_percent),
        (Quantity::Delivered, &numbers.delivered_percent),
        (Quantity::Freeze, &freezes.longest_milliseconds),
        (Quantity::SetupP95, &setup.p95),
        (Quantity::Recovery, &numbers.recovery_milliseconds),
        (Quantity::ErrorMean, &error.mean),
        (Quantity::LatencyP50, &latency.p50),
    ]
    .into_iter()
    .map(|(quantity, text)| measured(quantity, text.as_deref(), objectives))
    .filter(is_worth_a_row)
    .collect()
}

/// Most sessions have no server that was replaced, and nobody asks what became of it.
fn is_worth_a_row(measured: &Measured) -> bool {
    measured.quantity != Quantity::Recovery || measured.value.is_some() || measured.limit.is_some()
}

fn client(row: &ClientStatus, objectives: Option<&Objectives>) -> ClientReport {
    let quantities = [
        (Quantity::ErrorP95, &row.error_pixels_p95),
        (Quantity::LatencyP95, &row.latency_milliseconds_p95),
        (Quantity::Loss, &row.loss_percent),
        (Quantity::Undetected, &row.undetected_percent),
        (Quantity::Delivered, &row.delivered_percent),
        (Quantity::Freeze, &row.longest_freeze_milliseconds),
        (Quantity::SetupP95, &row.setup_milliseconds),
        (Quantity::Recovery, &row.recovery_milliseconds),
    ];
    let quantities = quantities
        .into_iter()
        .map(|(quantity, text)| measured(quantity, text.as_deref(), objectives))
        .filter(is_worth_a_row);
    ClientReport {
        id: row.id.clone(),
        node: row.node.clone(),
        state: row.state.clone(),
        cause: row.cause.clone(),
        frames: row.frames,
        quantities: quantities.collect(),
        zone: row.zone.clone(),
        path: row.path.clone(),
        path_mtu: row.path_mtu.clone(),
        lost_frames: row.lost_frames,
    }
}

fn measured(quantity: Quantity, text: Option<&str>, objectives: Option<&Objectives>) -> Measured {
    let limit = objectives.and_then(|objectives| limit(quantity, objectives));
    Measured::new(quantity, text.and_then(number), limit)
}

/// What is required of a quantity, in its unit.
fn limit(quantity: Quantity, objectives: &Objectives) -> Option<f64> {
    let milliseconds = |text: &str| duration::parse(text).ok().map(report::milliseconds);
    match quantity {
        Quantity::ErrorP95 => number(&objectives.error_pixels_p95),
        Quantity::LatencyP95 => milliseconds(&objectives.latency_p95),
        Quantity::Loss => number(&objectives.loss_percent),
        Quantity::Undetected => number(&objectives.undetected_percent),
        Quantity::Delivered => number(&objectives.delivered_percent),
        Quantity::Freeze => milliseconds(&objectives.longest_freeze),
        Quantity::SetupP95 => milliseconds(&objectives.setup_p95),
        Quantity::Recovery => milliseconds(objectives.recovery.as_deref()?),
        Quantity::ErrorMean | Quantity::LatencyP50 => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{condition, missed, session};

    #[test]
    fn the_whole_report_of_a_run_that_missed_its_latency() {
        let value = serde_json::to_value(report(&session(&missed()))).unwrap();
        let expected: Value = serde_json::from_str(include_str!("testdata/missed.json")).unwrap();
        assert_eq!(value, expected, "{value:#}");
        let read: Report = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), value, "it is read as it was written");
    }

    #[test]
    fn a_new_session_has_no_numbers_and_says_so() {
        let mut new = session(&[condition("Ready", "False", "ServerNotReady", 3)]);
        let status = new.status.as_mut().unwrap();
        (status.measurements, status.clients, status.run) = (None, Vec::new(), None);
        let report = report(&new);
        assert_eq!((report.reason.as_str(), report.is_final), ("ServerNotReady", false));
        assert!(report.quantities.iter().all(|measured| measured.value.is_none()));
        assert_eq!(report.clients, []);
    }

    #[test]
    fn numbers_that_were_judged_by_other_objectives_have_no_limits() {
        let mut conditions = missed();
        conditions[1].observed_generation = Some(2);
        let report = report(&session(&conditions));
        assert!(report.quantities.iter().all(|measured| measured.limit.is_none()), "{report:#?}");
    }

    #[test]
    fn texts_that_are_no_numbers_are_none() {
        for text in ["", "x", "nan", "inf", "1,5"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(limit(Quantity::LatencyP95, &Objectives::default()), Some(200.0));
        let odd = Objectives { latency_p95: "soon".into(), ..Objectives::default() };
        assert_eq!(limit(Quantity::LatencyP95, &odd), None);
        assert_eq!(json!(Quantity::SetupP95), json!("setup-p95"));
    }
}
