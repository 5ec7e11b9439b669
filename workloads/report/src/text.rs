//! What text from a peer may contain before it is printed or stored.

/// Whether `c` could change how a terminal or a table shows its neighbours: control characters, and the invisible
/// ones that join, split or turn text (zero width, line separators, bidirectional overrides).
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `text` with unprintable characters escaped, cut to at most `limit` bytes, never within a character or an escape.
pub fn escape(text: &str, limit: usize) -> String {
    let mut escaped = String::with_capacity(text.len().min(limit));
    for c in text.chars() {
        let before = escaped.len();
        if is_unprintable(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
        if escaped.len() > limit {
            escaped.truncate(before);
            break;
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_unprintable_passes_and_cuts_are_clean() {
        assert_eq!(escape("a\nb\u{1b}[0m", 256), "a\\nb\\u{1b}[0m");
        assert_eq!(escape("turn \u{202e}", 256), "turn \\u{202e}");
        assert_eq!(escape("häh", 2), "h");
        assert_eq!(escape("ab\n", 3), "ab");
        assert_eq!(escape("plain, \"quoted\"", 256), "plain, \"quoted\"");
    }
}
