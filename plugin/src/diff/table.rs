//! A comparison for people.

use std::fmt::Write;

use crate::diff::compare::{Comparison, Side};
use crate::session_report::columns;

/// A row for the verdicts and one for each quantity.
pub(crate) fn table(comparison: &Comparison) -> String {
    let Comparison { a, b, outcomes, worse_outcome, measured, quantities } = comparison;
    let worse = |side: Option<Side>| match side {
        Some(Side::A) => a.clone(),
        Some(Side::B) => b.clone(),
        None => "-".to_owned(),
    };
    let mut rows = vec![
        ["QUANTITY".to_owned(), a.clone(), b.clone(), "NOISE".into(), "WORSE".into()],
        [
            "verdict".into(),
            format!("{:?}", outcomes[0]),
            format!("{:?}", outcomes[1]),
            "-".into(),
            worse(*worse_outcome),
        ],
    ];
    rows.extend(quantities.iter().map(|difference| {
        let quantity = difference.quantity;
        let number =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| quantity.with_unit(value));
        let is_known = difference.a.is_some() && difference.b.is_some();
        let noise = number(Some(difference.noise).filter(|_| is_known));
        let title = quantity.title().to_owned();
        [title, number(difference.a), number(difference.b), noise, worse(difference.worse)]
    }));
    let mut text = columns(&rows.into_iter().map(Into::into).collect::<Vec<Vec<String>>>());
    if let Some([of_a, of_b]) = measured {
        let _ = write!(text, "\nnot the same was measured:\n  {a}: {of_a}\n  {b}: {of_b}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::compare;
    use crate::fixture::{missed, session};
    use crate::session_report::{Measured, Quantity, report};

    #[test]
    fn the_whole_table() {
        let a = report(&session(&missed()));
        let mut b = a.clone();
        b.clients.clear();
        b.placement = "Any".into();
        b.media_path = crds::MediaPath::NodePort;
        for measured in &mut b.quantities {
            let value = match measured.quantity {
                Quantity::Loss => Some(9.5),
                Quantity::Delivered => Some(90.0),
                Quantity::SetupP95 => None,
                Quantity::Freeze => Some(20.0),
                Quantity::Recovery => Some(5000.0),
                _ => measured.value,
            };
            *measured = Measured::new(measured.quantity, value, measured.limit);
        }
        assert_eq!(table(&compare(["monday", "today.json"], &a, &b)), include_str!("testdata/diff.txt"));
    }
}
