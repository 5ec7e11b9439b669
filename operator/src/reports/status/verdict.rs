//! What the condition says: a verdict in at most as many bytes as a message may have.

use crds::MAX_MESSAGE;
use measure::verdict::{Failure, Verdict};
use report::ClientRow;
use report::judged::JudgedClient;

use crate::reports::status::recovery::why_slow;

/// That all clients shared the server's node: a good verdict says nothing about the network between nodes then.
const ONE_NODE: &str = "; every client shared the server's node: no network between nodes was measured";

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reports) struct ObjectivesVerdict {
    /// `None` is Unknown.
    pub(in crate::reports) met: Option<bool>,
    pub(in crate::reports) reason: String,
    pub(in crate::reports) message: String,
    /// What the evidence points at where they are missed.
    pub(in crate::reports) cause: Option<&'static str>,
}

impl ObjectivesVerdict {
    pub(in crate::reports) fn unknown(reason: &str, message: impl Into<String>) -> Self {
        Self { met: None, reason: reason.into(), message: message.into(), cause: None }
    }

    /// What is said of a verdict. `is_one_node`: all clients shared the server's.
    pub(in crate::reports) fn of(verdict: &Verdict, is_one_node: bool) -> Self {
        let (met, mut message) = match verdict {
            Verdict::Met => (Some(true), verdict.message()),
            Verdict::Missed(failures) => (Some(false), message_of(failures)),
            Verdict::Inconclusive { .. } => (None, verdict.message()),
        };
        if met.is_some() && is_one_node && message.len() + ONE_NODE.len() <= MAX_MESSAGE {
            message += ONE_NODE;
        }
        let cause = verdict.failure().map(|failure| failure.cause.as_str());
        Self { met, reason: verdict.reason().into(), message, cause }
    }

    /// The same with what rows say of why the verdict is what it is, if there is room for it.
    #[must_use]
    pub(in crate::reports) fn explained(mut self, verdict: &Verdict, rows: &[ClientRow]) -> Self {
        let mut whys = verdict.failure().and_then(|failure| why_slow(failure, rows)).into_iter().flatten();
        let fits = |why: &String| self.message.len() + why.len() + 2 <= MAX_MESSAGE;
        if let Some(why) = whys.find(fits) {
            self.message = format!("{}; {why}", self.message);
        }
        self
    }
}

/// The breaches, as many as have room, the most important first; and how many more there are.
fn message_of(failures: &[Failure]) -> String {
    let mut message = String::new();
    for (position, failure) in failures.iter().enumerate() {
        let text = failure.message();
        let rest = failures.len() - position - 1;
        let reserved = if rest == 0 { 0 } else { more(rest).len() };
        let separator = if position == 0 { "" } else { "; " };
        // The first one is said whatever it takes: if need be, it is cut.
        if position > 0 && message.len() + separator.len() + text.len() + reserved > MAX_MESSAGE {
            return message + &more(rest + 1);
        }
        message = message + separator + &text;
    }
    message
}

fn more(count: usize) -> String {
    format!("; and {count} more")
}

/// Whether every client that is to be there runs on the server's node, as far as that is known.
pub(in crate::reports) fn is_one_node(node: Option<&str>, clients: &[JudgedClient]) -> bool {
    let mut wanted = clients.iter().filter(|client| client.is_wanted).peekable();
    node.is_some() && wanted.peek().is_some() && wanted.all(|client| client.node.as_deref() == node)
}

#[cfg(test)]
mod tests {
    use measure::verdict::{Pending, Place, Reason};
    use report::Cause;
    use report::channel::Unanswered;

    use super::*;

    fn failure(reason: Reason, client: &str) -> Failure {
        let place = Place::Client { id: client.into(), node: Some("worker-2".into()) };
        Failure {
            reason,
            measured: Some(8.1),
            allowed: 1.0,
            place,
            cause: Cause::Network,
            vanishes_above: None,
        }
    }

    #[test]
    fn each_verdict_has_its_condition() {
        let said = |verdict: &Verdict| ObjectivesVerdict::of(verdict, false);
        let met = said(&Verdict::Met);
        assert_eq!((met.met, met.reason.as_str(), met.cause), (Some(true), "Met", None));
        let missed = said(&Verdict::Missed(vec![failure(Reason::LossTooHigh, "harbor-client-1")]));
        assert_eq!((missed.met, missed.reason.as_str()), (Some(false), "LossTooHigh"));
        assert_eq!(missed.cause, Some("Network"));
        assert_eq!(missed.message, "8.1 % lost, 1 % allowed (harbor-client-1 on worker-2; cause Network)");
        let few = said(&Verdict::inconclusive(Pending::InsufficientSamples, "too few"));
        assert_eq!(few, ObjectivesVerdict::unknown("InsufficientSamples", "too few"));
        let one_node = ObjectivesVerdict::of(&Verdict::Met, true);
        assert!(one_node.message.ends_with("no network between nodes was measured"), "{}", one_node.message);
    }

    #[test]
    fn why_a_recovery_was_slow_is_said_as_far_as_there_is_room() {
        let explained = |client: &str| {
            let unanswered = Some(Unanswered { packets: 131, milliseconds: 10_040.0 });
            let row = ClientRow { unanswered, ..ClientRow::new(client) };
            let verdict = Verdict::Missed(vec![failure(Reason::RecoveryTooSlow, client)]);
            ObjectivesVerdict::of(&verdict, false).explained(&verdict, &[row]).message
        };
        let full = explained("harbor-client-1");
        assert!(full.ends_with(" got no answer where the former server had answered: stale conntrack, or its endpoint is gone"), "{full}");
        let brief = explained(&"n".repeat(63));
        assert!(brief.ends_with("); no answer for 10.0 s: stale conntrack?"), "{brief}");
        let none = explained(&"n".repeat(128));
        assert!(none.ends_with("cause Network)") && none.len() <= MAX_MESSAGE, "{none}");
    }

    #[test]
    fn breaches_that_have_no_room_are_counted() {
        let reasons =
            [Reason::ErrorTooHigh, Reason::LossTooHigh, Reason::FreezeTooLong, Reason::SetupTooSlow];
        let client = "a-session-of-forty-characters-or-so-client-42";
        let failures: Vec<_> = reasons.iter().map(|reason| failure(*reason, client)).collect();
        let said = ObjectivesVerdict::of(&Verdict::Missed(failures.clone()), true);
        assert!(said.message.len() <= MAX_MESSAGE, "{}", said.message.len());
        assert!(said.message.ends_with("cause Network); and 2 more"), "{}", said.message);
        let all = ObjectivesVerdict::of(&Verdict::Missed(failures[..2].to_vec()), false);
        assert_eq!(all.message, format!("{}; {}", failures[0].message(), failures[1].message()));
    }
}
