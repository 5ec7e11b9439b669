//! What a client's row says of why it came back too slowly from a drill.

use measure::verdict::{Failure, Place, Reason};
use report::ClientRow;
use report::channel::FormerEnd;

/// Why the client of a failure came back too slowly, where its row tells.
pub(super) fn why_slow(failure: &Failure, rows: &[ClientRow]) -> Option<String> {
    let Place::Client { id, .. } = &failure.place else { return None };
    let row = rows.iter().find(|row| failure.reason == Reason::RecoveryTooSlow && row.id == *id)?;
    let unanswered = row.unanswered.filter(|unanswered| unanswered.packets > 0)?;
    // Where the server said bye, or its host closed the connection, nobody waited for an answer.
    (row.former_end == Some(FormerEnd::ConsentLost)).then(|| {
        format!(
            "it sent {} packets to the former server for {:.1} s and got no answer: stale conntrack, or an endpoint that is gone",
            unanswered.packets,
            unanswered.milliseconds / 1e3
        )
    })
}

#[cfg(test)]
mod tests {
    use report::Cause;
    use report::channel::Unanswered;

    use super::*;

    #[test]
    fn a_way_that_died_while_signalling_stayed_open_is_named() {
        let failure = |reason, id: &str| Failure {
            reason,
            measured: Some(12_000.0),
            allowed: 10_000.0,
            place: Place::Client { id: id.into(), node: None },
            cause: Cause::Unknown,
            vanishes_above: None,
        };
        let row = |former_end, packets| ClientRow {
            former_end,
            unanswered: Some(Unanswered { packets, milliseconds: 10_040.0 }),
            ..ClientRow::new("a")
        };
        let slow = failure(Reason::RecoveryTooSlow, "a");
        let silent = [row(Some(FormerEnd::ConsentLost), 131)];
        assert_eq!(
            why_slow(&slow, &silent).as_deref(),
            Some(
                "it sent 131 packets to the former server for 10.0 s and got no answer: stale conntrack, or an endpoint that is gone"
            )
        );
        assert_eq!(why_slow(&failure(Reason::RecoveryTooSlow, "b"), &silent), None);
        assert_eq!(why_slow(&failure(Reason::FreezeTooLong, "a"), &silent), None);
        assert_eq!(why_slow(&slow, &[row(Some(FormerEnd::ConsentLost), 0)]), None);
        assert_eq!(why_slow(&slow, &[row(Some(FormerEnd::Bye), 131)]), None);
        assert_eq!(why_slow(&Failure { place: Place::All, ..slow }, &silent), None);
    }
}
