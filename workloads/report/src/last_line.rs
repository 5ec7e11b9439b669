//! The last line of a client that failed, which it leaves behind as its termination message: written by the client, read by
//! the operator.

use std::time::Duration;

use crate::codes::ErrorCode;

/// What comes before the line wherever a program prints its error.
const PREFIX: &str = "error: ";

/// What comes before the cause where the client has waited for media as long as it was to.
const NO_MEDIA: &str = "no media: ";

/// What follows the cause where the client ended because nobody heard it.
const UNHEARD: &str = "; no media and no post taken for ";

/// What follows the number of frames that were received.
const FRAMES: &str = " frames received";

/// The line of a client that waited in vain for media: `cause` is the name of an error, a colon and words.
pub fn no_media(cause: &str) -> String {
    format!("{NO_MEDIA}{cause}")
}

/// The line of a client without media of whose posts none was taken for so long, and why not. The cause comes first, for
/// whoever reads no further.
pub fn unheard(cause: &str, lasted: Duration, why_untaken: &str) -> String {
    format!("{cause}{UNHEARD}{} s: {why_untaken}", lasted.as_secs())
}

/// How many frames were received, as a part of the line of a client that runs.
pub fn frames(received: u64) -> String {
    format!("{received}{FRAMES}")
}

/// Whether such a line is of a client that had media.
pub fn has_frames(line: &str) -> bool {
    let parts = line.split([';', ',']).map(str::trim);
    let received = parts.filter_map(|part| part.strip_suffix(FRAMES)?.parse::<u64>().ok());
    received.max().is_some_and(|received| received > 0)
}

/// The cause in such a line, as a name and in words; `None` where the line does not begin with a name.
pub fn cause_in(line: &str) -> Option<(ErrorCode, &str)> {
    let line = line.strip_prefix(PREFIX).unwrap_or(line);
    let line = line.strip_prefix(NO_MEDIA).unwrap_or(line);
    let (name, words) = line.split_once(": ")?;
    let code = ErrorCode::ALL.into_iter().find(|code| code.as_str() == name)?;
    Some((code, words.split(UNHEARD).next().unwrap_or(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let words = "cannot connect to s:1: 10.0.0.1:8080: refused; 10.0.0.2:8080: refused";
        let cause = format!("ConnectFailed: {words}");
        let unheard = unheard(&cause, Duration::from_secs(30), "http://o/: cannot resolve o");
        assert_eq!(
            unheard,
            format!("{cause}; no media and no post taken for 30 s: http://o/: cannot resolve o")
        );
        for line in [unheard.clone(), format!("error: {unheard}"), no_media(&cause), cause] {
            assert_eq!(cause_in(&line), Some((ErrorCode::ConnectFailed, words)), "{line}");
        }
    }

    #[test]
    fn who_had_media_says_so() {
        for (received, expected) in [(0, false), (1, true), (165, true)] {
            let line =
                format!("no errors; Connected to s:1; {}, 1 with the ball, 0 reconnects", frames(received));
            assert_eq!(has_frames(&line), expected, "{line}");
        }
        assert!(!has_frames("error: no frames received"));
    }

    /// Such a line is kept for the case of a sudden end: what went wrong last may be long over.
    #[test]
    fn a_line_about_a_running_program_has_no_cause() {
        for line in ["IceFailed 3 times, last: no UDP; Connected to s:1", "no errors; Ended", "error: no", ""]
        {
            assert_eq!(cause_in(line), None, "{line}");
        }
    }
}
