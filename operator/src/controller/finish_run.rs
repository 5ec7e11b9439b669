//! Asks the reports for what a run needs at its end, as [`ObservedEnd`](crate::run::ObservedEnd) decides.

use std::time::Instant;

use crate::controller::context::Controller;
use crate::controller::session_ref::SessionRef;
use crate::run::{Completion, Progress, Request};
use crate::session::Session;

/// How far a run is whose clients have come as far as `completion`, and whether anything is still to be asked of the reports.
pub(super) fn advance(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    completion: Completion,
    is_stored: bool,
    now: Instant,
) -> (Completion, Progress) {
    let request = controller.remember(session_ref, |memory| {
        memory.end.request(session.stage, completion, &session.run_hash, is_stored, now)
    });
    let progress = match request {
        Request::Nothing => Progress::Done,
        Request::Begin => Progress::Pending,
        Request::Finish { since } => controller.reports.finish_run(session, since, now),
        Request::Continue => controller.reports.continue_run(session),
    };
    if (request, progress) == (Request::Continue, Progress::Done) {
        controller.remember(session_ref, |memory| memory.end.clear());
    }
    request.concluded(completion, progress)
}
