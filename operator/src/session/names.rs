//! The names of a session and of its children.

use crds::limits;

use crate::session::labels::Component;

/// Whether a session may be called `name`: with what is added to it, it still is a DNS label.
pub fn is_session_name(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= limits::MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().last().is_some_and(alphanumeric)
        && name.bytes().all(|byte| alphanumeric(byte) || byte == b'-')
}

/// The name of the children of a part of the session that is called `session`.
pub fn child_name(session: &str, component: Component) -> String {
    format!("{session}-{}", component.as_str())
}
