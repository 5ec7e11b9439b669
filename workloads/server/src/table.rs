//! The numbers at the end, for people.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use report::{Cause, ClientRow, ErrorPixels, Frames, Freezes, LatencyMilliseconds, Pairing, Summary};

const NONE: &str = "-";

/// A row for each client, and one for all; below it how many clients have no row.
pub(crate) fn table(summary: &Summary) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_header([
        "client",
        "state",
        "frames",
        "matched",
        "others",
        "loss %",
        "undetected %",
        "delivered %",
        "error px\nmean / p95",
        "latency ms\np50 / p95",
        "longest\nfreeze ms",
        "first\nreport ms",
        "cause",
    ]);
    for client in &summary.clients {
        table.add_row(client_cells(client));
    }
    table.add_row(total_cells(summary));
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    match summary.rows_omitted {
        0 => table.to_string(),
        omitted => format!("{table}\nand {omitted} more, in the totals"),
    }
}

fn client_cells(client: &ClientRow) -> Vec<String> {
    let name = match client.reconnects {
        0 => client.id.clone(),
        1 => format!("{} (1 reconnect)", client.id),
        n => format!("{} ({n} reconnects)", client.id),
    };
    let name = format!("{name}{}", pairing(client));
    let mut cells = vec![name, client.state.to_string()];
    cells.extend(frame_cells(&client.frames));
    cells.extend([client.loss_percent, client.undetected_percent, client.delivered_percent].map(number));
    cells.extend(quality_cells(client.error_pixels, client.latency_milliseconds, client.freezes));
    cells.push(number(client.setup_milliseconds.first_report));
    cells.push(cause(client.cause));
    cells
}

/// How reports were paired with frames, where that is an estimate.
fn pairing(client: &ClientRow) -> String {
    let shift = client.pairing_milliseconds.filter(|shift| *shift > 0.0);
    match (client.pairing, shift) {
        (Pairing::Rtp, _) => String::new(),
        (Pairing::Relative, None) => "\npaired by pts".to_owned(),
        (Pairing::Relative, Some(shift)) => format!("\npaired by pts from {shift} ms on"),
        (Pairing::Arrival, None) => "\npaired by arrival".to_owned(),
        (Pairing::Arrival, Some(shift)) => format!("\npaired by arrival less {shift} ms"),
    }
}

fn total_cells(summary: &Summary) -> Vec<String> {
    let mut cells = vec!["all".to_owned(), String::new()];
    cells.extend(frame_cells(&summary.frames));
    cells.extend([summary.loss_percent, summary.undetected_percent, summary.delivered_percent].map(number));
    cells.extend(quality_cells(summary.error_pixels, summary.latency_milliseconds, summary.freezes));
    cells.push(number(summary.setup_milliseconds.map(|setup| setup.p50)));
    cells.push(cause(summary.verdict.as_ref().and_then(|verdict| verdict.cause).unwrap_or_default()));
    cells
}

fn frame_cells(frames: &Frames) -> [String; 3] {
    let Frames { sent, matched, estimated, lost, late, undecodable, undetected, .. } = *frames;
    let others: Vec<String> =
        [(lost, "lost"), (late, "late"), (undecodable, "undecodable"), (undetected, "undetected")]
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, fate)| format!("{count} {fate}"))
            .collect();
    [sent.to_string(), (matched + estimated).to_string(), others.join(", ")]
}

fn quality_cells(
    error: Option<ErrorPixels>,
    latency: Option<LatencyMilliseconds>,
    freezes: Option<Freezes>,
) -> [String; 3] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
    [
        or_none(error.map(|error| format!("{} / {}", error.mean, error.p95))),
        or_none(latency.map(|latency| format!("{} / {}", latency.p50, latency.p95))),
        or_none(freezes.map(|freezes| freezes.longest_milliseconds.to_string())),
    ]
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(|| NONE.to_owned(), |number| number.to_string())
}

/// What the evidence points at, should something not be good enough.
fn cause(cause: Cause) -> String {
    if cause == Cause::Unknown { NONE.to_owned() } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_were_not_matched_are_named() {
        let frames = Frames { sent: 12, matched: 9, lost: 2, undetected: 1, ..Frames::default() };
        assert_eq!(frame_cells(&frames), ["12", "9", "2 lost, 1 undetected"]);
        let frames = Frames { sent: 5, matched: 5, ..Frames::default() };
        assert_eq!(frame_cells(&frames), ["5", "5", ""]);
    }
}
