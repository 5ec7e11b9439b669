//! Hellos: who a client is.

use report::channel::Hello;

use super::outcome::MessageOutcome;
use crate::{recorder::Recorder, sessions::Session};

pub(super) fn hello(session: &mut Session, hello: &Hello, recorder: &mut Recorder) -> MessageOutcome {
    session.questions.stop();
    match &session.id {
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
                session.row = recorder.rows.name(session.row, hello);
            }
            MessageOutcome::Hello
        }
    }
}
