//! Texts without tokens and passwords. One pass forward, in which nothing is looked at more often than a bounded number of
//! times: logs are long, and whoever writes into them may be no friend.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What stands in place of one.
pub(super) const REMOVED: &str = "[removed]";
/// Every JSON web token begins so: it is `{"` in base64.
const TOKEN: &str = "eyJ";
/// Shorter ones are words.
const SHORTEST: usize = 20;
/// What stands before a credential in a header, and before a user and a password in base64.
const BEARER: &str = "bearer ";
const BASIC: &str = "basic ";
/// What stands before a user and a password in a URL.
const AUTHORITY: &str = "://";

/// The lines around a key in PEM, and how far from the first one's begin its end may be.
const KEY_BEGINS: &str = "-----BEGIN";
const KEY_BEGIN_ENDS: &str = "PRIVATE KEY-----";
const KEY_BEGIN_LENGTH: usize = 64;
const KEY_ENDS: &str = "-----END";

/// As headers have it, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text with JSON web tokens, what follows `Bearer` or `Basic`, users and passwords in URLs, and private keys taken out.
pub(crate) fn text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let (mut copied, mut at) = (0, 0);
    while at < text.len() {
        let Some((start, length)) = secret(&text.as_bytes()[at..]).filter(|(_, length)| *length > 0) else {
            at += 1;
            continue;
        };
        // Secrets begin and end beside ASCII, and so between characters.
        clean.push_str(&text[copied..at + start]);
        clean.push_str(REMOVED);
        at += start + length;
        copied = at;
    }
    clean.push_str(&text[copied..]);
    clean
}

/// The secret that the first bytes are or announce: how far away it is, and how long.
fn secret(text: &[u8]) -> Option<(usize, usize)> {
    match text[0] {
        b'e' if text.starts_with(TOKEN.as_bytes()) => {
            Some((0, token_length(text))).filter(|(_, length)| *length >= SHORTEST)
        }
        b'B' | b'b' => {
            let (bearer, basic) = (after(text, BEARER), after(text, BASIC));
            let bearer = bearer.map(|text| (BEARER, token_length(text), false));
            let basic = basic.map(|text| (BASIC, token_length(text), is_user_and_password(text)));
            let (word, length, is_short_one) = bearer.or(basic)?;
            Some((word.len(), length)).filter(|(_, length)| *length >= SHORTEST || is_short_one)
        }
        b':' => Some((AUTHORITY.len(), user_information_length(after(text, AUTHORITY)?)?)),
        b'-' if text.starts_with(KEY_BEGINS.as_bytes()) => key_length(text).map(|length| (0, length)),
        _ => None,
    }
}

/// What follows a word, whatever its case.
fn after<'a>(text: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let (begin, rest) = text.split_at_checked(word.len())?;
    begin.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
}

fn token_length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(byte)).count()
}

/// Whether a short word is a user and a password in base64, and not the word that it looks like.
fn is_user_and_password(text: &[u8]) -> bool {
    let word = &text[..token_length(&text[..text.len().min(SHORTEST)])];
    BASE64.decode(word).is_ok_and(|plain| plain.is_ascii() && plain.contains(&b':'))
}

/// How long the user and the password of a URL are, of what follows its scheme: no byte of it can be part of another one's.
fn user_information_length(text: &[u8]) -> Option<usize> {
    let is_of_authority = |byte: &u8| !byte.is_ascii_whitespace() && !b"/?#\"'<>\\`".contains(byte);
    let authority = &text[..text.iter().take_while(|byte| is_of_authority(byte)).count()];
    authority.iter().rposition(|byte| *byte == b'@')
}

/// How long a private key is; of one that is cut off, all that there is. Where lines are joined by `\n` in words, it is one line.
fn key_length(text: &[u8]) -> Option<usize> {
    let line = &text[..text.len().min(KEY_BEGIN_LENGTH)];
    let line = &line[..position(line, "\n").unwrap_or(line.len())];
    position(line, KEY_BEGIN_ENDS)?;
    Some(position(text, KEY_ENDS).unwrap_or(text.len()))
}

fn position(text: &[u8], word: &str) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word.as_bytes())
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
            ("Authorization: Basic dTpw\n".into(), "Authorization: Basic [removed]\n".into()),
            ("basic YTpiYw== and Basic YTpiYw".into(), "basic [removed] and Basic [removed]".into()),
            ("basic auth, Basic authentication".into(), "basic auth, Basic authentication".into()),
            (
                "get https://user:p@ss@host:8443/a@b?c, http://host/@x and \"ws://token@h\"".into(),
                "get https://[removed]@host:8443/a@b?c, http://host/@x and \"ws://[removed]@h\"".into(),
            ),
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

    /// Bytes that anybody can have logged. Looking at the rest of the text for each of them would take hours.
    #[test]
    fn a_long_text_of_what_could_be_secrets_takes_no_longer_than_another() {
        let count = 200_000;
        for (word, clean) in [
            (format!("Bearer {} ", "a".repeat(20)), "Bearer [removed] ".to_owned()),
            ("Bearer a ".into(), "Bearer a ".into()),
            ("eyJ ".into(), "eyJ ".into()),
            ("basic ".into(), "basic ".into()),
            ("://".into(), "://".into()),
            ("-----BEGIN".into(), "-----BEGIN".into()),
        ] {
            assert!(text(&word.repeat(count)) == clean.repeat(count), "{word}");
        }
    }
}
