//! A report for the summary of a pipeline's job.

use std::fmt::Write;

use crate::session_report::clients::{cells, clients};
use crate::session_report::model::Report;
use crate::session_report::table::{drill_in_words, met, path, verdict};

/// Headings, tables and no HTML, as job summaries show them.
pub(super) fn markdown(report: &Report) -> String {
    let mut text = format!(
        "### BallSession {} in {}: {}\n\n**{}**: {}\n\n",
        escaped(&report.name),
        escaped(&report.namespace),
        verdict(report),
        escaped(&report.reason),
        escaped(&report.message)
    );
    if let Some(measured) = &report.measured {
        let (placement, path) = (escaped(&report.placement), escaped(&path(report)));
        let _ = writeln!(text, "Measured: {}, placement {placement}, path {path}.\n", escaped(measured));
    }
    if let Some(drill) = &report.drill {
        let _ = writeln!(text, "Drill: {}.\n", escaped(&drill_in_words(drill)));
    }
    text.push_str("| quantity | measured | required | met |\n| --- | ---: | ---: | --- |\n");
    for measured in &report.quantities {
        let quantity = measured.quantity;
        let number = measured.value.map_or_else(|| "-".to_owned(), |value| quantity.with_unit(value));
        let limit = measured.limit.map_or_else(|| "-".to_owned(), |limit| quantity.limit(limit));
        let met = if measured.is_met == Some(false) { "**no**" } else { met(measured.is_met) };
        let _ = writeln!(text, "| {} | {number} | {limit} | {met} |", quantity.title());
    }
    if !report.clients.is_empty() {
        let columns = clients(&report.clients);
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let headings = columns.iter().map(|column| column.heading.clone()).collect();
        let rules = columns.iter().map(|column| if column.is_number { "---:" } else { "---" }.to_owned());
        let _ = write!(text, "\n{}{}", line(headings), line(rules.collect()));
        for row in cells(&columns) {
            text.push_str(&line(row.iter().map(|cell| escaped(cell)).collect()));
        }
    }
    if !report.errors.is_empty() {
        text.push_str("\n| error | count | last message |\n| --- | ---: | --- |\n");
        for error in &report.errors {
            let message = error.message.as_deref().unwrap_or_default();
            let _ = writeln!(text, "| {} | {} | {} |", escaped(&error.code), error.count, escaped(message));
        }
    }
    text
}

/// Text that is neither markup nor the end of a cell. What a session says may come from anybody who runs in its pods.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in report::escape(text, 1024).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{missed, session};
    use crate::session_report::report;

    #[test]
    fn the_whole_summary() {
        assert_eq!(markdown(&report(&session(&missed()))), include_str!("testdata/missed.md"));
    }

    #[test]
    fn nothing_in_a_message_is_markup() {
        assert_eq!(
            escaped("a|b <img src=x> [l](http://x) *b* `c`\n"),
            "a\\|b &lt;img src=x&gt; \\[l\\](http://x) \\*b\\* \\`c\\`\\\\n"
        );
    }
}
