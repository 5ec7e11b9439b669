//! What a client that failed says last, in one line: on stderr, and as its termination message.

use jiff::Timestamp;
use media::receiver::Stats;
use process::last_error;
use report::{ClientSummary, ErrorEntry, last_line};

use crate::obstacle::obstacle;
use crate::unheard::LIMIT;

/// The server ended the session before there was media.
pub(crate) fn bye_before_media(summary: &ClientSummary, received: &Stats) -> String {
    format!("the server said bye before there was media: {}", obstacle(summary, received))
}

/// The client has waited for media as long as it was to.
pub(crate) fn no_media(summary: &ClientSummary, received: &Stats) -> String {
    if summary.frames.decoded == 0 {
        return last_line::no_media(&obstacle(summary, received));
    }
    let cause = last_error(&summary.errors)
        .map_or_else(String::new, |error| format!(": {}: {}", error.code, error.message));
    format!("no media any more{cause}")
}

/// It has no media, since `media` where it once had, and nobody takes its posts, for the reason `untaken`.
pub(crate) fn unheard(
    summary: &ClientSummary,
    received: &Stats,
    media: Option<Timestamp>,
    untaken: &str,
) -> String {
    let is_current = |error: &&ErrorEntry| media.is_none_or(|media| error.last_seen >= media);
    let errors: Vec<_> = summary.errors.iter().filter(is_current).cloned().collect();
    let cause = if errors.is_empty() && media.is_some() {
        "Other: no frame came any more, and nothing else was noticed".to_owned()
    } else {
        obstacle(&ClientSummary { errors, ..summary.clone() }, received)
    };
    last_line::unheard(&cause, LIMIT, untaken)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use report::{ErrorCode, ErrorLog};

    use super::*;
    use crate::counters::Counters;

    fn summary(errors: &[(ErrorCode, &str, i64)]) -> ClientSummary {
        let mut log = ErrorLog::default();
        for (code, message, second) in errors {
            log.record(*code, message, Timestamp::from_second(*second).unwrap());
        }
        let errors = log.entries().cloned().collect();
        let now = Instant::now();
        let counters = Counters::new("c".into(), "s:1".into(), now, Timestamp::UNIX_EPOCH);
        ClientSummary { errors, ..counters.summary(now) }
    }

    fn said(errors: &[(ErrorCode, &str, i64)], media: Option<i64>) -> String {
        let media = media.map(|second| Timestamp::from_second(second).unwrap());
        unheard(&summary(errors), &Stats::default(), media, "no route")
    }

    #[test]
    fn the_first_cause_comes_first() {
        let rest = "; no media and no post taken for 30 s: no route";
        let no_udp = (ErrorCode::IceFailed, "no UDP between client and server", 9);
        let refused = (ErrorCode::ConnectFailed, "cannot connect to s:1: refused", 20);
        assert_eq!(
            said(&[no_udp, refused], None),
            format!("IceFailed: no UDP between client and server{rest}")
        );
        assert_eq!(
            said(&[no_udp, refused], Some(10)),
            format!("ConnectFailed: cannot connect to s:1: refused{rest}"),
            "what was before there was media is over"
        );
        assert_eq!(
            said(&[no_udp], Some(10)),
            format!("Other: no frame came any more, and nothing else was noticed{rest}")
        );
        assert_eq!(said(&[], None), format!("NoOffer: no offer was answered until then{rest}"));
    }

    #[test]
    fn a_client_that_had_media_says_what_went_wrong_last() {
        let mut summary = summary(&[(ErrorCode::PeerLost, "gone", 3)]);
        assert_eq!(no_media(&summary, &Stats::default()), "no media: PeerLost: gone");
        summary.frames.decoded = 1;
        assert_eq!(no_media(&summary, &Stats::default()), "no media any more: PeerLost: gone");
    }
}
