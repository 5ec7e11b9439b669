//! Texts without tokens.

/// What stands in place of one.
pub(super) const REMOVED: &str = "[removed]";
/// Every JSON web token begins so: it is `{"` in base64.
const TOKEN: &str = "eyJ";
/// Shorter ones are words.
const SHORTEST: usize = 20;
/// What stands before a credential in a header or a URL.
const BEFORE: [&str; 2] = ["bearer ", "basic "];

/// The lines around a key in PEM.
const KEY_BEGINS: [&str; 2] = ["-----BEGIN", "PRIVATE KEY-----"];
const KEY_ENDS: &str = "-----END";

/// The text with JSON web tokens, what follows `Bearer` or `Basic`, and private keys taken out.
pub(crate) fn text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, length)) = first_secret(rest) {
        clean.push_str(&rest[..start]);
        clean.push_str(REMOVED);
        rest = &rest[start + length..];
    }
    clean.push_str(rest);
    clean
}

/// Where the first credential is, and how long.
fn first_secret(text: &str) -> Option<(usize, usize)> {
    let length = |start: usize| text[start..].bytes().take_while(|byte| is_of_token(*byte)).count();
    let tokens = text.match_indices(TOKEN).map(|(start, _)| start);
    let token = tokens.map(|start| (start, length(start))).find(|(_, length)| *length >= SHORTEST);
    // ASCII alone changes, so that positions are those of `text`.
    let lower = text.to_ascii_lowercase();
    let headers = BEFORE.iter().flat_map(|word| lower.match_indices(word).map(|(at, _)| at + word.len()));
    let header = headers.map(|start| (start, length(start))).filter(|(_, length)| *length >= SHORTEST).min();
    token.into_iter().chain(header).chain(first_key(text)).min()
}

/// Where the first private key is, and how long; of one that is cut off, all that there is.
fn first_key(text: &str) -> Option<(usize, usize)> {
    let begins = text.match_indices(KEY_BEGINS[0]).map(|(start, _)| start);
    begins
        .map(|start| (start, text[start..].lines().next().unwrap_or_default()))
        // Where lines are joined by `\n` in words, a key is one line.
        .find(|(_, line)| line.contains(KEY_BEGINS[1]))
        .map(|(start, _)| (start, text[start..].find(KEY_ENDS).unwrap_or(text.len() - start)))
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_and_all_else_stays() {
        let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.sig-na_ture", "a".repeat(40));
        for (before, after) in [
            (format!("a {token} b {token}"), "a [removed] b [removed]".to_owned()),
            (format!("\"{token}\"é"), "\"[removed]\"é".to_owned()),
            ("Authorization: Bearer abcdefghij0123456789".into(), "Authorization: Bearer [removed]".into()),
            ("authorization: BASIC QWxhZGRpbjpPcGVuU2VzYW1l".into(), "authorization: BASIC [removed]".into()),
            ("eyJ is a word, bearer too, Basic eyJ".into(), "eyJ is a word, bearer too, Basic eyJ".into()),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb".into(),
                "a\n[removed]-----END RSA PRIVATE KEY-----\nb".into(),
            ),
            ("\"-----BEGIN PRIVATE KEY-----\\nMIIE\\n".into(), "\"[removed]".into()),
            (
                "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----".into(),
                "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----".into(),
            ),
            (String::new(), String::new()),
        ] {
            assert_eq!(text(&before), after);
        }
    }
}
