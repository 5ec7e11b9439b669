//! What a peer sent, made fit for one line of a log.

/// Bytes that an excerpt shows at most.
pub(crate) const EXCERPT_BYTES: usize = 64;

/// The beginning of `bytes` in printable ASCII. Quotes stay as they are, for JSON is full of them.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    first(EXCERPT_BYTES, bytes)
}

/// At most the first `most` of `bytes`, as [`excerpt`] has them.
pub(crate) fn first(most: usize, bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes.iter().take(most) {
        match byte {
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.extend(byte.escape_ascii().map(char::from)),
        }
    }
    if bytes.len() > most {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_long_text_is_cut() {
        assert_eq!(excerpt(b"\x1b[31m\n\"b\"\xff"), r#"\x1b[31m\n"b"\xff"#);
        assert_eq!(excerpt(&[b'x'; 64]), "x".repeat(64));
        assert_eq!(excerpt(&[b'x'; 65]), format!("{}...", "x".repeat(64)));
    }
}
