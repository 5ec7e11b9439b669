//! Errors counted by code: bounded however many there are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{codes::ErrorCode, text};

/// How often one code happened, and the last time in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorEntry {
    /// What went wrong.
    pub code: ErrorCode,
    /// How often.
    pub count: u64,
    /// The last one in words; control characters are escaped, at most [`ErrorLog::MAX_MESSAGE`] bytes.
    pub message: String,
    /// When the last one happened.
    pub last_seen: Timestamp,
}

/// Errors by code: at most one entry for each [`ErrorCode`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorLog {
    entries: BTreeMap<ErrorCode, ErrorEntry>,
}

impl ErrorLog {
    /// The longest message that is kept, in bytes.
    pub const MAX_MESSAGE: usize = 256;

    /// Counts one error; its message replaces that of the last one with the same code.
    pub fn record(&mut self, code: ErrorCode, message: &str, at: Timestamp) {
        let entry = self.entries.entry(code).or_insert_with(|| ErrorEntry {
            code,
            count: 0,
            message: String::new(),
            last_seen: at,
        });
        entry.count += 1;
        entry.message = text::escape(message, Self::MAX_MESSAGE);
        entry.last_seen = at;
    }

    /// The codes that happened, in the order of a session's stages.
    pub fn entries(&self) -> impl Iterator<Item = &ErrorEntry> {
        self.entries.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_a_code_with_the_last_message() {
        let mut log = ErrorLog::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        log.record(ErrorCode::PeerLost, "a", at(1));
        log.record(ErrorCode::IceFailed, "no\nway", at(2));
        log.record(ErrorCode::PeerLost, &"ä".repeat(200), at(3));
        let entries: Vec<_> = log.entries().cloned().collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].message, "no\\nway");
        assert_eq!((entries[1].count, entries[1].last_seen), (2, at(3)));
        assert_eq!(entries[1].message, "ä".repeat(128));
    }
}
