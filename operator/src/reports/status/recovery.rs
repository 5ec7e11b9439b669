//! What a client's row says of why it came back too slowly from a drill.

use measure::verdict::{Failure, Place, Reason};
use report::ClientRow;

/// Why the client of a failure came back too slowly, where its row tells: in full, and where there is no room for that.
pub(super) fn why_slow(failure: &Failure, rows: &[ClientRow]) -> Option<[String; 2]> {
    let Place::Client { id, .. } = &failure.place else { return None };
    let row = rows.iter().find(|row| failure.reason == Reason::RecoveryTooSlow && row.id == *id)?;
    let unanswered = row.unanswered.filter(|unanswered| unanswered.packets > 0)?;
    let (packets, seconds) = (unanswered.packets, unanswered.milliseconds / 1e3);
    Some([
        format!(
            "{packets} packets in {seconds:.1} s got no answer where the former server had answered: stale conntrack, or its endpoint is gone"
        ),
        format!("no answer for {seconds:.1} s: stale conntrack?"),
    ])
}

#[cfg(test)]
mod tests {
    use report::Cause;
    use report::channel::Unanswered;

    use super::*;

    #[test]
    fn a_way_that_died_is_named() {
        let failure = |reason, id: &str| Failure {
            reason,
            measured: Some(12_000.0),
            allowed: 10_000.0,
            place: Place::Client { id: id.into(), node: None },
            cause: Cause::Unknown,
            vanishes_above: None,
        };
        let row = |packets| ClientRow {
            unanswered: Some(Unanswered { packets, milliseconds: 10_040.0 }),
            ..ClientRow::new("a")
        };
        let slow = failure(Reason::RecoveryTooSlow, "a");
        let silent = [row(131)];
        assert_eq!(
            why_slow(&slow, &silent),
            Some([
                "131 packets in 10.0 s got no answer where the former server had answered: stale conntrack, or its endpoint is gone".to_owned(),
                "no answer for 10.0 s: stale conntrack?".to_owned()
            ])
        );
        assert_eq!(why_slow(&failure(Reason::RecoveryTooSlow, "b"), &silent), None);
        assert_eq!(why_slow(&failure(Reason::FreezeTooLong, "a"), &silent), None);
        assert_eq!(why_slow(&slow, &[row(0)]), None);
        assert_eq!(why_slow(&slow, &[ClientRow::new("a")]), None);
        assert_eq!(why_slow(&Failure { place: Place::All, ..slow }, &silent), None);
    }
}
