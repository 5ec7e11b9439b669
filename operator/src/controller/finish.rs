//! The end of a run: a Job that ended is where it begins, and the last numbers in the status are where it is complete.

use std::time::Instant;

use crate::controller::memory::Memory;
use crate::controller::reconcile::Controller;
use crate::controller::status::Complete;
use crate::controller::subject::Subject;
use crate::run::Progress;
use crate::run::RunStage;
use crate::session::Session;

impl Controller {
    /// A run is over only when its last numbers are in the status; and what looked like its end may turn out to be none.
    pub(super) fn finish(
        &self,
        subject: &Subject,
        session: &Session,
        standing: Complete,
        is_known_run: bool,
        now: Instant,
    ) -> (Complete, Progress) {
        if session.stage == RunStage::Finished {
            return (standing, Progress::Done);
        }
        if standing.is_over() {
            let since = self.remember(subject, |memory| memory.over_since(&session.run_hash, now));
            return match is_known_run.then(|| self.reports.finish_run(session, since, now)) {
                Some(Progress::Done) => (standing, Progress::Done),
                Some(Progress::Pending) | None => (Complete::Running, Progress::Pending),
            };
        }
        if !self.remember(subject, |memory| memory.was_over()) {
            return (standing, Progress::Done);
        }
        let progress = self.reports.continue_run(session);
        if progress == Progress::Done {
            self.remember(subject, Memory::not_over);
        }
        (standing, progress)
    }
}
