//! What keeps to the limits.

use std::borrow::Cow;

use super::malformed::Malformed;
use crate::text;

/// Whether `text` may be a name: 1 to `most` bytes without control characters and invisible ones, as those that turn text.
pub fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && !text.contains(text::is_unprintable)
}

/// The value, where it is absent or a name of at most `most` bytes.
pub(super) fn name(
    name: &'static str,
    value: Option<Cow<'_, str>>,
    most: usize,
) -> Result<Option<String>, Malformed> {
    let Some(value) = value else { return Ok(None) };
    if is_name(&value, most) { Ok(Some(value.into_owned())) } else { Err(Malformed::Name { name, most }) }
}

/// The value, where it is from `least` to `most`.
pub(super) fn within(name: &'static str, value: f64, least: f64, most: f64) -> Result<f64, Malformed> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Malformed::Range { name, value: format!("{value:e}"), least: least as i64, most: most as i64 })
    }
}
