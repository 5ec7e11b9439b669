//! Why UDP finds no way to the server, in words.

use std::net::SocketAddr;

use media::receiver::{Receiver, Stats};
use report::one_way;

/// Because of the relay, or in which direction it is missing; a server has answered at `former` before.
pub(crate) fn no_way(receiver: &Receiver, former: Option<SocketAddr>) -> String {
    if let Some(problem) = receiver.relay_problem() {
        return problem.to_string();
    }
    let direction = direction(&receiver.stats());
    former.map_or_else(|| direction.to_owned(), |former| one_way::had_answered(direction, former))
}

/// Which way UDP does not get through, as far as the client can know: of a server that makes no checks none can come.
pub(crate) fn direction(received: &Stats) -> &'static str {
    match received {
        Stats { has_heard_check: false, has_sent: false, .. } => one_way::NOTHING_SENT,
        Stats { has_heard_check: false, only_answers: true, .. } => one_way::NO_ANSWER,
        Stats { has_heard_check, .. } => one_way::CLIENT.message(*has_heard_check),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_only_answers_is_not_said_to_send_nothing() {
        let said = |has_heard_check, only_answers| {
            direction(&Stats { has_heard_check, only_answers, has_sent: true, ..Stats::default() })
        };
        assert_eq!(said(false, true), one_way::NO_ANSWER);
        assert_eq!(said(false, false), one_way::CLIENT.message(false));
        assert_eq!(said(true, true), one_way::CLIENT.message(true));
        let silent = Stats { only_answers: true, ..Stats::default() };
        assert_eq!(direction(&silent), one_way::NOTHING_SENT, "nobody can answer that");
    }
}
