//! Which peers are to be asked where the ball is, and when.

use std::time::Instant;

use report::SessionId;

use super::{Measurement, Session};

impl Measurement {
    /// A data channel of a session is open.
    pub(super) fn channel_opened(&mut self, id: SessionId, at: Instant) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.asking.opened(at);
        }
    }

    /// The sessions whose peers are to be asked now where the ball is, because they say nothing by themselves.
    pub fn due_questions(&mut self, now: Instant) -> Vec<SessionId> {
        let due = |(id, session): (&SessionId, &mut Session)| {
            (!session.has_ended && session.asking.ask(now)).then_some(*id)
        };
        self.sessions.iter_mut().filter_map(due).collect()
    }

    /// The first moment after `after` that is in the middle between two captures: there a question finds a peer with
    /// the newest frame decoded and the next one not yet come, so that little depends on how long either takes.
    pub fn between_frames(&self, after: Instant) -> Instant {
        self.timeline.between_frames(after)
    }
}
