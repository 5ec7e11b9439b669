//! The numbers at the end, for people.

use comfy_table::{CellAlignment, Table, presets};
use report::{ClientRow, ErrorPixels, Frames, Freezes, LatencyMilliseconds, Summary};

const NONE: &str = "-";

/// A row for each client, and one for all.
pub(crate) fn table(summary: &Summary) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "client", "state", "frames", "matched", "lost", "late", "undec.", "undet.", "loss %", "error px\nmean / p95",
        "latency ms\np50 / p95", "freezes\nlongest ms", "first report\nms",
    ]);
    for client in &summary.clients {
        table.add_row(client_cells(client));
    }
    table.add_row(total_cells(summary));
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn client_cells(client: &ClientRow) -> Vec<String> {
    let name = match client.reconnects {
        0 => client.id.clone(),
        1 => format!("{} (1 reconnect)", client.id),
        n => format!("{} ({n} reconnects)", client.id),
    };
    let mut cells = vec![name, client.state.to_string()];
    cells.extend(frame_cells(&client.frames, client.loss_percent));
    cells.extend(quality_cells(client.error_pixels, client.latency_milliseconds, client.freezes));
    cells.push(number(client.setup_milliseconds.first_report));
    cells
}

fn total_cells(summary: &Summary) -> Vec<String> {
    let mut cells = vec!["all".to_owned(), String::new()];
    cells.extend(frame_cells(&summary.frames, summary.loss_percent));
    cells.extend(quality_cells(summary.error_pixels, summary.latency_milliseconds, summary.freezes));
    cells.push(number(summary.setup_milliseconds.map(|setup| setup.p50)));
    cells
}

fn frame_cells(frames: &Frames, loss_percent: Option<f64>) -> [String; 7] {
    let Frames { sent, matched, estimated, lost, late, undecodable, undetected, .. } = *frames;
    let counts = [sent, matched + estimated, lost, late, undecodable, undetected].map(|count| count.to_string());
    let [sent, matched, lost, late, undecodable, undetected] = counts;
    [sent, matched, lost, late, undecodable, undetected, number(loss_percent)]
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
        or_none(freezes.map(|freezes| format!("{} / {}", freezes.count, freezes.longest_milliseconds))),
    ]
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(|| NONE.to_owned(), |number| number.to_string())
}
