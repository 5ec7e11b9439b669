//! A report for the summary of a pipeline's job.

use std::fmt::Write;

use crate::session_report::model::Report;
use crate::session_report::table::{OF_CLIENTS, clients, met, verdict};

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
        let _ =
            writeln!(text, "Measured: {}, placement {}.\n", escaped(measured), escaped(&report.placement));
    }
    text.push_str("| quantity | measured | required | met |\n| --- | ---: | ---: | --- |\n");
    for measured in &report.quantities {
        let quantity = measured.quantity;
        let number = measured.value.map_or_else(|| "-".to_owned(), |value| quantity.with_unit(value));
        let limit = measured.limit.map_or_else(|| "-".to_owned(), |limit| quantity.limit(limit));
        let met = if measured.is_met == Some(false) { "**no**" } else { met(measured.is_met) };
        let _ = writeln!(text, "| {} | {number} | {limit} | {met} |", quantity.title());
    }
    let rows = clients(&report.clients);
    if let [headings, rows @ ..] = &rows[..]
        && !rows.is_empty()
    {
        let headings: Vec<String> = headings.iter().map(|heading| heading.to_lowercase()).collect();
        let _ = write!(text, "\n| {} |\n| --- | --- | --- |", headings.join(" | "));
        text.push_str(&" ---: |".repeat(OF_CLIENTS.len()));
        text.push_str(" --- |\n");
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
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
