//! Texts in columns, as kubectl writes them.

use report::escape;

/// What stands between two columns.
const GAP: usize = 3;
/// No cell has more bytes: messages in a status are shorter.
const LONGEST: usize = 1024;

/// A line for each row, the first one that of the headings; whatever could change how a terminal shows them is escaped.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escape(cell, LONGEST)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + GAP));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_tail() {
        let rows = [["NAME", "MET", "X"], ["a", "True", ""], ["é\u{1b}[0m", "", "1"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).into()).collect();
        let expected = "NAME         MET    X\na            True\né\\u{1b}[0m          1\n";
        assert_eq!(columns(&rows), expected);
        assert_eq!(columns(&[]), "");
    }
}
