//! What `kubectl get` prints.

use std::collections::BTreeMap;

/// The cells of the first row, by the names of their columns. A cell may be empty, and a name may have a space in it:
/// columns begin where their names do, and at least two spaces are between names.
pub fn first_row(table: &str) -> BTreeMap<String, String> {
    let mut lines = table.lines();
    let (header, row) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut starts = Vec::new();
    let mut spaces = 2;
    for (index, character) in header.char_indices() {
        if character == ' ' {
            spaces += 1;
        } else {
            if spaces >= 2 {
                starts.push(index);
            }
            spaces = 0;
        }
    }
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let cell = |line: &str, start: usize, end: usize| {
        line.get(start..end.min(line.len())).unwrap_or_default().trim().to_owned()
    };
    starts.iter().zip(ends).map(|(&start, end)| (cell(header, start, end), cell(row, start, end))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_under_their_names() {
        let table = "NAME   READY   ERROR P95   REASON          AGE\n\
                     demo   True    0.012px                     3m\n\
                     edge   False   14.2px      MediaBlocked    3m\n";
        let row = first_row(table);
        let cells: Vec<_> = row.iter().map(|(name, cell)| (name.as_str(), cell.as_str())).collect();
        assert_eq!(
            cells,
            [("AGE", "3m"), ("ERROR P95", "0.012px"), ("NAME", "demo"), ("READY", "True"), ("REASON", "")]
        );
        assert!(first_row("No resources found\n").values().all(String::is_empty));
    }
}
