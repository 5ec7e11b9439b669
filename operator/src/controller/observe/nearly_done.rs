//! Clients of a bounded run that have measured for as long as they were to, and whose pods do not say yet that they are done:
//! they have no media any more, and nothing is wrong with them.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::clients::Measured;
use crate::controller::observe::input::Input;
use crate::timestamps::between;

/// So much later than a client the operator knows that it has media: a probe, the watch, and a second that is rounded up.
const SEEN_WITHIN: Duration = Duration::from_secs(5);
/// How long a client may take to send its last report and to end, and its kubelet to say so.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Their indexes, and when the first of them should have ended.
pub(super) fn nearly_done(input: &Input<'_>) -> (BTreeSet<u32>, Option<Duration>) {
    let (session, run) = (input.session, input.run);
    let Some((duration, since)) = session.duration.zip(run.started_at.as_ref()) else {
        return Default::default();
    };
    let measured = Measured::parse(run.measured.as_deref().unwrap_or_default());
    let age = between(since.0, input.clock.time);
    let left = |index: &u32| {
        let measured = measured.until(*index, age);
        let is_nearly_done = !measured.is_zero() && measured + SEEN_WITHIN >= duration;
        let left = (duration + ENDS_WITHIN).checked_sub(measured).filter(|left| !left.is_zero());
        left.filter(|_| is_nearly_done)
    };
    let indexes = 0..session.spec.clients.unsigned_abs();
    let nearly_done: Vec<_> = indexes.filter_map(|index| Some((index, left(&index)?))).collect();
    let first = nearly_done.iter().map(|(_, left)| *left).min();
    (nearly_done.into_iter().map(|(index, _)| index).collect(), first)
}
