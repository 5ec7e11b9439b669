//! Hellos: who a client is.

use std::time::Instant;

use report::{SessionId, channel::Hello};

use super::outcome::MessageOutcome;
use crate::{recorder::Recorder, sessions::Session};

/// A hello came; answers also with the session that has to make place for this one, or that this one is itself.
pub(super) fn hello(
    session: &mut Session,
    at: Instant,
    hello: &Hello,
    recorder: &mut Recorder,
) -> (MessageOutcome, Option<SessionId>) {
    session.questions.stop();
    let mut superseded = None;
    let outcome = match &session.id {
        // The channel may deliver a message twice.
        Some(known) if *known == hello.id => MessageOutcome::Hello,
        Some(known) => {
            let reason = format!("a second hello, with the id {:?} after {known:?}", hello.id);
            MessageOutcome::Malformed(reason)
        }
        None => {
            session.id = Some(hello.id.clone());
            // Of an ended session the row may be gone, or another client's already.
            if !session.has_ended {
                (session.row, superseded) = recorder.introduce(session.row, hello, at);
            }
            MessageOutcome::Hello
        }
    };
    (outcome, superseded)
}
