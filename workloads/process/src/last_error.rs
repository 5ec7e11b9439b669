//! The error that explains a state best: the one that occurred last.

use report::ErrorEntry;

/// The error that occurred last, if any did.
pub fn last_error(errors: &[ErrorEntry]) -> Option<&ErrorEntry> {
    errors.iter().max_by_key(|error| error.last_seen)
}

/// One line on the state of a process: the last error, then the numbers.
pub fn state_line(errors: &[ErrorEntry], numbers: &str) -> String {
    match last_error(errors) {
        Some(ErrorEntry { code, count, message, .. }) => {
            format!("{code} {count} times, last: {message}; {numbers}")
        }
        None => format!("no errors; {numbers}"),
    }
}

#[cfg(test)]
mod tests {
    use report::{ErrorCode, ErrorLog};

    use super::*;

    #[test]
    fn the_line_begins_with_the_last_error() {
        let mut errors = ErrorLog::default();
        assert_eq!(state_line(&[], "5 frames"), "no errors; 5 frames");
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        errors.record(ErrorCode::PeerLost, "gone", at(2));
        errors.record(ErrorCode::IceFailed, "no UDP", at(3));
        errors.record(ErrorCode::IceFailed, "no UDP still", at(4));
        errors.record(ErrorCode::ConnectFailed, "refused", at(1));
        let entries: Vec<_> = errors.entries().cloned().collect();
        assert_eq!(state_line(&entries, "5 frames"), "IceFailed 2 times, last: no UDP still; 5 frames");
    }
}
