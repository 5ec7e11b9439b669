//! Tokens of whoever reports.

use jiff::Timestamp;
use operator::reports::untrusted::claimed;

/// In the year 2027, when the tokens of the corpus are good.
const NOW: i64 = 1_800_000_000;

/// A token. What it claims becomes part of URLs.
pub(crate) fn tokens(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let now = Timestamp::from_second(NOW).expect("a time of our era");
    match claimed(text, now) {
        Ok([namespace, name, uid, _account]) => {
            for name in [namespace, name, uid] {
                let is_plain =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
                assert!((1..=253).contains(&name.len()) && name.bytes().all(is_plain), "{name:?}");
                assert!(name != "." && name != "..");
            }
        }
        Err(error) => assert!(error.len() < 200 && !error.contains(char::is_control), "{error}"),
    }
}
