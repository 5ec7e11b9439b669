//! The table of faults, as Markdown, and its place in a document.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::outcome::Outcome;
use crate::row::Row;

/// What stands above it in the document is written by hand.
const MARK: &str = "<!-- What follows is written by `make e2e-detection`. -->";

const HEAD: [&str; 7] =
    ["fault", "expected", "Ready", "ObjectivesMet", "to be named", "True again", "as expected"];

/// Writes the table below its mark in a document. `heading` says how and when it came about.
pub(crate) fn write(path: &Path, heading: &str, rows: &[Row]) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (by_hand, _) =
        text.split_once(MARK).with_context(|| format!("{} has no line {MARK}", path.display()))?;
    let text = format!("{by_hand}{MARK}\n\n{heading}\n\n{}", table(rows));
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The sums, and a line for each row.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = format!("{}\n\n", summed_up(rows));
    for cells in
        [HEAD.map(str::to_owned), HEAD.map(|_| "---".to_owned())].into_iter().chain(rows.iter().map(cells))
    {
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// How many came as expected, and how fast.
pub(crate) fn summed_up(rows: &[Row]) -> String {
    let faults: Vec<_> = rows.iter().filter(|row| row.is_fault).collect();
    let seen = faults.iter().filter(|row| row.outcome.seconds.is_some()).count();
    let good = rows.iter().filter(|row| row.is_good()).count();
    let mut seconds: Vec<_> = faults.iter().filter_map(|row| row.outcome.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let mut text = format!(
        "{} rows, {good} of them as expected; {seen} of {} faults seen in a condition for the right reason.",
        rows.len(),
        faults.len()
    );
    if let (Some(median), Some(most)) = (seconds.get(seconds.len() / 2), seconds.last()) {
        text += &format!(" Until then: median {median:.1} s, at most {most:.1} s.");
    }
    text
}

/// A row as a line of the log.
pub(crate) fn in_words(row: &Row) -> String {
    let seen = |what: &str, reasons: &str| {
        if reasons.is_empty() { String::new() } else { format!("; {what} {reasons}") }
    };
    let verdict = if row.is_good() {
        "as expected".to_owned()
    } else {
        format!("NOT: {}", row.outcome.problems.join("; "))
    };
    let mut text = verdict + &seen("Ready", &row.ready) + &seen("Met", &row.met);
    text += &seen("again:", &again(&row.outcome));
    text + &seen("", &row.note)
}

fn cells(row: &Row) -> [String; 7] {
    let or_dash = |text: &str| {
        if text.is_empty() { "-".to_owned() } else { text.replace('|', "\\|").replace('\n', " ") }
    };
    let verdict = match row.is_good() {
        true => "yes".to_owned(),
        false => format!("**no**: {}", or_dash(&row.outcome.problems.join("; "))),
    };
    let again = [again(&row.outcome), row.note.clone()];
    let again: Vec<_> = again.into_iter().filter(|text| !text.is_empty()).collect();
    [
        row.fault.clone(),
        row.expected.clone(),
        or_dash(&row.ready),
        or_dash(&row.met),
        or_dash(&row.named),
        or_dash(&again.join("; ")),
        verdict,
    ]
}

fn again(outcome: &Outcome) -> String {
    let part = |kind: &str, at: Option<f64>| at.map(|at| format!("{kind} {at:.1} s"));
    let parts = [part("Ready", outcome.ready_again), part("Met", outcome.met_again)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let outcome = |seconds, problems: &[&str]| Outcome {
            seconds,
            ready_again: Some(3.04),
            met_again: None,
            problems: problems.iter().map(|&problem| problem.into()).collect(),
        };
        let row = |fault: &str, is_fault, outcome| Row {
            fault: fault.into(),
            expected: "much".into(),
            ready: "NodeLost 51.0 s".into(),
            note: "and more".into(),
            is_fault,
            outcome,
            ..Row::default()
        };
        vec![
            row("one", true, outcome(Some(4.0), &[])),
            row("two", true, outcome(None, &["late | odd", "not named: b"])),
            row("three", false, outcome(None, &[])),
        ]
    }

    #[test]
    fn sums_and_rows() {
        let text = table(&rows());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "3 rows, 2 of them as expected; 1 of 2 faults seen in a condition for the right reason. Until then: median 4.0 s, \
             at most 4.0 s."
        );
        assert_eq!(lines[4], "| one | much | NodeLost 51.0 s | - | - | Ready 3.0 s; and more | yes |");
        assert!(lines[5].ends_with("| **no**: late \\| odd; not named: b |"), "{}", lines[5]);
        assert_eq!(in_words(&rows()[0]), "as expected; Ready NodeLost 51.0 s; again: Ready 3.0 s;  and more");
    }

    #[test]
    fn what_is_written_by_hand_stays() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), format!("# Title\n\n{MARK}\n\nold")).unwrap();
        write(file.path(), "Made today.", &rows()).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(
            text.starts_with(&format!("# Title\n\n{MARK}\n\nMade today.\n\n3 rows")) && !text.contains("old")
        );
        fs::write(file.path(), "nothing").unwrap();
        assert!(write(file.path(), "", &rows()).is_err());
    }
}
