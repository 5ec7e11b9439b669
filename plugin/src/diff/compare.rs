//! The comparison, quantity by quantity.

use serde::Serialize;

use crate::diff::noise::noise;
use crate::session::Outcome;
use crate::session_report::{Quantity, Report};

/// What is compared, in the order of the table.
const QUANTITIES: [Quantity; 10] = [
    Quantity::ErrorP95,
    Quantity::ErrorMean,
    Quantity::LatencyP95,
    Quantity::LatencyP50,
    Quantity::Loss,
    Quantity::Undetected,
    Quantity::Delivered,
    Quantity::Freeze,
    Quantity::SetupP95,
    Quantity::Recovery,
];

/// Two reports side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comparison {
    /// What the first one is called.
    pub(crate) a: String,
    /// What the second one is called.
    pub(crate) b: String,
    /// The verdicts of both.
    pub(crate) outcomes: [Outcome; 2],
    /// Whose verdict is worse.
    pub(crate) worse_outcome: Option<Side>,
    /// What differs in what was measured; numbers of different things are compared all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measured: Option<[String; 2]>,
    /// The numbers.
    pub(crate) quantities: Vec<Difference>,
}

/// A quantity of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    /// Which.
    pub(crate) quantity: Quantity,
    /// Of all the numbers here.
    pub(crate) unit: &'static str,
    /// Of the first one; `None` without samples.
    pub(crate) a: Option<f64>,
    /// Of the second one.
    pub(crate) b: Option<f64>,
    /// What is within it is no difference.
    pub(crate) noise: f64,
    /// Which one is worse beyond noise.
    pub(crate) worse: Option<Side>,
}

/// One of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Comparison {
    /// Whether anything of the second one is worse.
    pub(crate) fn is_b_worse(&self) -> bool {
        let worse = self.quantities.iter().map(|difference| difference.worse);
        worse.chain([self.worse_outcome]).any(|worse| worse == Some(Side::B))
    }
}

/// Compares two reports, which are called `names`.
pub(crate) fn compare(names: [&str; 2], a: &Report, b: &Report) -> Comparison {
    let what = [what(a), what(b)];
    Comparison {
        a: names[0].to_owned(),
        b: names[1].to_owned(),
        outcomes: [a.outcome, b.outcome],
        worse_outcome: worse(rank(a.outcome), rank(b.outcome)),
        measured: Some(what).filter(|[a, b]| a != b),
        quantities: QUANTITIES
            .map(|quantity| difference(quantity, a, b))
            .into_iter()
            .filter(is_worth_a_row)
            .collect(),
    }
}

/// What was measured, and in which way: addresses are others in every run.
fn what(report: &Report) -> String {
    let measured = report.measured.as_deref().unwrap_or("unknown");
    let drill = report.drill.as_ref().map_or_else(String::new, |drill| format!(", {}", drill.asked));
    format!("{measured}, placement {}, path {}{drill}", report.placement, report.path_name())
}

/// Most sessions have no server that was replaced.
fn is_worth_a_row(difference: &Difference) -> bool {
    difference.quantity != Quantity::Recovery || difference.a.is_some() || difference.b.is_some()
}

fn difference(quantity: Quantity, a: &Report, b: &Report) -> Difference {
    let noise = noise(quantity, a, b);
    let (value_a, value_b) = (a.value(quantity), b.value(quantity));
    let worse = value_a
        .zip(value_b)
        .filter(|(a, b)| (a - b).abs() > noise)
        .map(|(a, b)| if (b > a) == quantity.is_better_when_more() { Side::A } else { Side::B });
    Difference { quantity, unit: quantity.unit(), a: value_a, b: value_b, noise, worse }
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Met => 0,
        Outcome::Undecided => 1,
        Outcome::Missed => 2,
        Outcome::NotMeasurable => 3,
    }
}

fn worse(a: u8, b: u8) -> Option<Side> {
    match a.cmp(&b) {
        std::cmp::Ordering::Less => Some(Side::B),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Side::A),
    }
}

#[cfg(test)]
mod tests {
    use crds::MediaPath;

    use super::*;
    use crate::fixture::{missed, session};
    use crate::session_report::{Measured, report};

    fn with(quantity: Quantity, value: Option<f64>) -> Report {
        let mut report = report(&session(&missed()));
        report.clients.clear();
        report.quantities = vec![Measured::new(quantity, value, None)];
        report
    }

    fn worse_of(quantity: Quantity, a: Option<f64>, b: Option<f64>) -> Option<Side> {
        let comparison = compare(["a", "b"], &with(quantity, a), &with(quantity, b));
        let difference =
            comparison.quantities.iter().find(|difference| difference.quantity == quantity).unwrap();
        assert_eq!(comparison.is_b_worse(), difference.worse == Some(Side::B));
        difference.worse
    }

    #[test]
    fn worse_is_more_of_everything_but_of_what_was_delivered() {
        let latency = Quantity::LatencyP95;
        assert_eq!(worse_of(latency, Some(3.0), Some(9.0)), Some(Side::B));
        assert_eq!(worse_of(latency, Some(9.0), Some(3.0)), Some(Side::A));
        assert_eq!(worse_of(latency, Some(3.0), Some(3.9)), None, "within noise");
        assert_eq!(worse_of(latency, Some(3.0), None), None, "nothing to compare with");
        assert_eq!(worse_of(Quantity::Delivered, Some(100.0), Some(80.0)), Some(Side::B));
        assert_eq!(worse_of(Quantity::Delivered, Some(80.0), Some(100.0)), Some(Side::A));
        assert_eq!(worse_of(Quantity::Loss, Some(0.0), Some(20.0)), Some(Side::B));
    }

    #[test]
    fn a_report_is_no_worse_than_itself() {
        let report = report(&session(&missed()));
        let comparison = compare(["a", "b"], &report, &report);
        assert!(!comparison.is_b_worse());
        assert_eq!((comparison.worse_outcome, comparison.measured), (None, None));
        assert!(comparison.quantities.iter().all(|difference| difference.worse.is_none()));
    }

    #[test]
    fn another_path_is_something_else_and_another_address_of_it_is_not() {
        let report = report(&session(&missed()));
        let measured = |b: &Report| compare(["a", "b"], &report, b).measured;
        let elsewhere = Report { path: Some("ClusterIP IPv4 10.96.0.9:8082".into()), ..report.clone() };
        assert_eq!(measured(&elsewhere), None);
        for other in [
            Report { media_path: MediaPath::PodIp, ..report.clone() },
            Report { ip_family: None, ..report.clone() },
            Report { drill: None, ..report.clone() },
        ] {
            assert!(measured(&other).is_some(), "{other:?}");
        }
    }

    #[test]
    fn a_recovery_that_neither_had_has_no_row() {
        let mut without = report(&session(&missed()));
        let with = without.clone();
        without.quantities.retain(|measured| measured.quantity != Quantity::Recovery);
        let rows = |a: &Report, b: &Report| compare(["a", "b"], a, b).quantities.len();
        assert_eq!((rows(&with, &with), rows(&with, &without), rows(&without, &without)), (10, 10, 9));
    }

    #[test]
    fn a_worse_verdict_is_worse_whatever_the_numbers() {
        let report = report(&session(&missed()));
        let met = Report { outcome: Outcome::Met, placement: "Any".into(), ..report.clone() };
        let comparison = compare(["a", "b"], &met, &report);
        assert!(comparison.is_b_worse());
        assert_eq!(comparison.worse_outcome, Some(Side::B));
        assert_eq!(
            comparison.measured.unwrap()[0],
            "640x480 at 30 fps for 2m, placement Any, path ClusterIP IPv4, RestartServer after 30s"
        );
    }
}
