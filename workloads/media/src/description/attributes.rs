//! Attributes of a session or section, by name.

use rtc::sdp::description::common::Attribute;

/// All values of an attribute, in their order.
pub(super) fn values<'a>(attributes: &'a [Attribute], key: &str) -> impl Iterator<Item = &'a str> {
    attributes.iter().filter(move |attribute| attribute.key == key).filter_map(|found| found.value.as_deref())
}

/// The first value of an attribute that is not empty.
pub(super) fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    values(attributes, key).map(str::trim).find(|value| !value.is_empty())
}

/// Whether the attribute is there.
pub(super) fn has(attributes: &[Attribute], key: &str) -> bool {
    attributes.iter().any(|attribute| attribute.key == key)
}

/// An attribute with a value.
pub(super) fn valued(key: &str, value: impl Into<String>) -> Attribute {
    Attribute::new(key.to_owned(), Some(value.into()))
}

/// An attribute that only has to be there.
pub(super) fn flag(key: &str) -> Attribute {
    Attribute::new(key.to_owned(), None)
}
