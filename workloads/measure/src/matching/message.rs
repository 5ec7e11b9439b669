//! Parses what comes on a report channel, and hands it to whoever knows its dialect.

use std::time::Instant;

use report::{SessionId, channel::Message};

use super::{foreign, hello::hello, outcome::MessageOutcome, own};
use crate::{frames::Timeline, recorder::Recorder, sessions::Session};

/// A message came over a report channel of `session` at `at`. A malformed one is not recorded: that is the caller's. Answers
/// also with a session that is superseded thereby.
pub(crate) fn message(
    session: &mut Session,
    at: Instant,
    data: &[u8],
    timeline: &Timeline,
    recorder: &mut Recorder,
) -> (MessageOutcome, Option<SessionId>) {
    if let Some(row) = recorder.rows.get_mut(session.row).filter(|row| row.session == Some(session.key)) {
        row.has_channel = true;
        row.network.heard(at);
    }
    let outcome = match Message::parse(data) {
        Ok(Message::Frame(report)) => own::report(session, at, &report, timeline, recorder),
        Ok(Message::Hello(message)) => return hello(session, at, &message, recorder),
        Ok(Message::Stats(stats)) => {
            recorder.received(session.row, at, &stats);
            MessageOutcome::Stats
        }
        Ok(Message::Foreign(message)) => foreign::message(session, at, message, timeline, recorder),
        Err(reason) => MessageOutcome::Malformed(reason.to_string()),
    };
    (outcome, None)
}
