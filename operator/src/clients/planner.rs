//! The planner: what has to be done so that there is what is wanted.

use std::time::Instant;

use crate::clients::index::{IndexPlanner, MOST};
use crate::clients::index_runs::is_index;
use crate::clients::measured::Measured;
use crate::clients::plan::{Observed, Plan, Wanted, Why};
use crate::clients::tracker::Tracker;
use crate::run::RunStage;

/// What has to be done at `now`, a bounded part of it at a time. Of what was observed nothing may be older than what `tracker`
/// knows: its pods are those that [`Tracker::pods`] or [`Tracker::listed`] gave.
pub fn plan(wanted: &Wanted<'_>, observed: &Observed<'_>, tracker: &mut Tracker, now: Instant) -> Plan {
    let done = observed.pods.iter().filter(|pod| pod.has_finished(wanted.run));
    let done = done.filter_map(|pod| pod.index).filter(|index| is_index(*index));
    let stored = observed.finished.iter().copied().filter(|_| wanted.run.is_some());
    let measured = wanted.run.map(|_| observed.measured.clone()).unwrap_or_default();
    let mut plan = Plan { finished: done.chain(stored).collect(), measured, ..Plan::default() };
    match wanted.stage {
        RunStage::Active => active(wanted, observed, tracker, &mut plan, now),
        RunStage::Suspended | RunStage::Finished => without_pods(wanted, observed, tracker, &mut plan),
    }
    // From the highest client down, as they go when there are to be fewer.
    plan.deletes.reverse();
    // What is refused keeps nothing else from its turn.
    (plan.held, plan.deletes) =
        std::mem::take(&mut plan.deletes).into_iter().partition(|delete| (observed.is_held)(&delete.uid));
    if plan.deletes.len() > MOST {
        plan.deletes.truncate(MOST);
        plan.has_more = true;
    }
    if let Some(left) = tracker.unseen_in(now) {
        plan.again_in(left);
    }
    plan
}

fn active(
    wanted: &Wanted<'_>,
    observed: &Observed<'_>,
    tracker: &mut Tracker,
    plan: &mut Plan,
    now: Instant,
) {
    let mut planner = IndexPlanner { wanted, observed, tracker, plan, now };
    for index in wanted.clients.indexes() {
        planner.plan(index);
    }
    for pod in observed.pods {
        match pod.index {
            Some(index) if wanted.clients.contains(index) => {}
            Some(_) => {
                tracker.dismiss(pod);
                plan.delete(pod, Why::ScaledDown);
            }
            None => plan.delete(pod, Why::Outdated),
        }
    }
    plan.measured.keep(wanted.clients);
}

/// What is done keeps its log: of a suspended session that of this run, of one that is over all.
fn without_pods(wanted: &Wanted<'_>, observed: &Observed<'_>, tracker: &mut Tracker, plan: &mut Plan) {
    // Without its server, what was measured is gone.
    plan.measured = Measured::default();
    for pod in observed.pods {
        let is_kept = match wanted.stage {
            RunStage::Finished => pod.end.is_some(),
            _ => pod.has_finished(wanted.run),
        };
        if is_kept {
            continue;
        }
        tracker.dismiss(pod);
        plan.delete(pod, Why::NotWanted);
    }
}
