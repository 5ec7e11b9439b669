//! When to stop waiting for a session. Time is that since the wait began.

use std::time::Duration;

use crds::BallSession;
use crds::contract::READY;

use crate::session::condition::current;
use crate::session::judgement::{
    Judgement, NO_OPERATOR, NOT_OBSERVED, OTHER_OBJECTIVES, Outcome, has_had_media, judge,
};
use crate::session::patience::{self, AT_REST, CARRIED_OVER, UNOBSERVED};
use crate::session::trouble::Trouble;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Goal {
    /// A verdict, whichever; of a run with a duration that of the whole run
    Verdict,
    /// That the objectives are met: what is missed may become good
    Met,
}

/// What follows from a version of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is nothing to wait for any more.
    Done(Judgement),
    /// To be asked again when the session changes, or at a time.
    Wait {
        /// What it amounts to so far.
        so_far: Judgement,
        /// When waiting on becomes pointless, if nothing changes until then.
        until: Option<Duration>,
    },
}

/// Reads one version of a session after the other.
#[derive(Debug)]
pub(crate) struct Waiter {
    goal: Goal,
    patience: Option<Duration>,
    trouble: Trouble,
    unobserved_since: Option<Duration>,
    at_rest_since: Option<Duration>,
    judged_before_since: Option<Duration>,
}

impl Waiter {
    /// Nothing was seen yet. `patience`: how long any problem may last that may go by itself.
    pub(crate) fn new(goal: Goal, patience: Option<Duration>) -> Self {
        Self {
            goal,
            patience,
            trouble: Trouble::default(),
            unobserved_since: None,
            at_rest_since: None,
            judged_before_since: None,
        }
    }

    /// What follows from `session` at `now`.
    pub(crate) fn observe(&mut self, session: &BallSession, now: Duration) -> Step {
        let judgement = judge(session);
        let is_unbounded = session.spec.duration.is_none();
        let is_stalled_too_soon = judgement.outcome == Outcome::NotMeasurable
            && self.patience.is_some_and(|patience| patience > Duration::ZERO)
            && !is_over(session);
        let is_known = match judgement.outcome {
            Outcome::Met => is_unbounded,
            Outcome::Missed => is_unbounded && self.goal == Goal::Verdict,
            Outcome::NotMeasurable | Outcome::Undecided => false,
        };
        if is_known || (judgement.is_final && !is_stalled_too_soon) {
            return Step::Done(judgement);
        }
        match self.limit(session, &judgement, now) {
            Some(until) if until <= now => Step::Done(given_up(judgement)),
            until => Step::Wait { so_far: judgement, until },
        }
    }

    /// Until when this is worth waiting for.
    fn limit(&mut self, session: &BallSession, judgement: &Judgement, now: Duration) -> Option<Duration> {
        if judgement.reason == NOT_OBSERVED {
            return Some(*self.unobserved_since.get_or_insert(now) + UNOBSERVED);
        }
        self.unobserved_since = None;
        if judgement.reason == OTHER_OBJECTIVES {
            return Some(*self.judged_before_since.get_or_insert(now) + CARRIED_OVER);
        }
        self.judged_before_since = None;
        if ["Suspended", "NoClients"].contains(&judgement.reason.as_str()) {
            return Some(*self.at_rest_since.get_or_insert(now) + AT_REST);
        }
        self.at_rest_since = None;
        if judgement.outcome == Outcome::NotMeasurable {
            let since = self.trouble.problem(now);
            let limit = since + patience::of(&judgement.reason, self.patience);
            // Once there was media the run says how it ends, unless it says that nothing changes by itself any more.
            return Some(limit).filter(|_| judgement.is_final || !has_had_media(session));
        }
        match current(session, READY) {
            Some(ready) if ready.status == "True" => self.trouble.over(),
            _ => self.trouble.calm(now),
        }
        None
    }
}

/// Whether the run is over, or nothing but another spec helps.
fn is_over(session: &BallSession) -> bool {
    let complete = current(session, crds::contract::COMPLETE);
    complete.is_some_and(|complete| complete.status == "True")
        || current(session, READY).is_some_and(|ready| patience::of(&ready.reason, None).is_zero())
}

/// What has lasted for too long keeps the session from being measured, whatever it was before.
fn given_up(judgement: Judgement) -> Judgement {
    let (reason, message) = match judgement.reason.as_str() {
        NOT_OBSERVED => (
            NO_OPERATOR.to_owned(),
            format!(
                "{} for {} s: `kubectl ballsession doctor` looks for one",
                judgement.message,
                UNOBSERVED.as_secs()
            ),
        ),
        _ => (judgement.reason, judgement.message),
    };
    Judgement { outcome: Outcome::NotMeasurable, is_final: true, reason, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{condition, session};

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A session without a frame, of an unbounded run unless `duration` says else.
    fn new(duration: Option<&str>, conditions: &[(&str, &str, &str)]) -> BallSession {
        let conditions: Vec<_> =
            conditions.iter().map(|(kind, status, reason)| condition(kind, status, reason, 3)).collect();
        let mut session = session(&conditions);
        session.spec.duration = duration.map(str::to_owned);
        let status = session.status.as_mut().unwrap();
        (status.measurements, status.run) = (None, None);
        session
    }

    fn ends(step: &Step) -> Option<(Outcome, &str)> {
        match step {
            Step::Done(judgement) => Some((judgement.outcome, judgement.reason.as_str())),
            Step::Wait { .. } => None,
        }
    }

    fn until(step: &Step) -> Option<Duration> {
        match step {
            Step::Done(_) => panic!("it has ended"),
            Step::Wait { until, .. } => *until,
        }
    }

    const BLOCKED: (&str, &str, &str) = ("Ready", "False", "MediaBlocked");
    const WAITING: (&str, &str, &str) = ("Ready", "False", "WaitingForClients");
    const READY_NOW: (&str, &str, &str) = ("Ready", "True", "Ready");
    const RUNNING: (&str, &str, &str) = ("Complete", "False", "Running");

    #[test]
    fn problems_end_the_wait_once_they_have_lasted() {
        for (reason, patience) in [
            ("ImagePullFailed", 10),
            ("PodsForbidden", 5),
            ("Unschedulable", 15),
            ("MediaBlocked", 10),
            ("SignalingFailed", 5),
            ("SomethingNew", 10),
        ] {
            let mut waiter = Waiter::new(Goal::Verdict, None);
            let waiting = new(Some("30s"), &[WAITING, RUNNING]);
            let broken = new(Some("30s"), &[("Ready", "False", reason), RUNNING]);
            assert_eq!(until(&waiter.observe(&waiting, s(1))), None, "a slow pull is no problem");
            assert_eq!(until(&waiter.observe(&broken, s(8))), Some(s(8 + patience)), "{reason}");
            let end = waiter.observe(&broken, s(8 + patience));
            assert_eq!(ends(&end), Some((Outcome::NotMeasurable, reason)));
        }
    }

    #[test]
    fn what_no_time_helps_ends_the_wait_at_once_whatever_the_patience() {
        for reason in ["InvalidSpec", "NameTaken"] {
            let broken = new(None, &[("Ready", "False", reason), ("Stalled", "True", reason)]);
            for patience in [None, Some(s(300))] {
                let end = Waiter::new(Goal::Met, patience).observe(&broken, s(0));
                assert_eq!(ends(&end), Some((Outcome::NotMeasurable, reason)));
            }
        }
    }

    #[test]
    fn stalled_ends_the_wait_unless_more_patience_is_asked_for() {
        let stalled =
            new(Some("30s"), &[("Ready", "False", "Unschedulable"), ("Stalled", "True", "Unschedulable")]);
        let end = Waiter::new(Goal::Verdict, None).observe(&stalled, s(0));
        assert_eq!(ends(&end), Some((Outcome::NotMeasurable, "Unschedulable")));
        let patient = Waiter::new(Goal::Verdict, Some(s(600))).observe(&stalled, s(0));
        assert_eq!(until(&patient), Some(s(600)));
    }

    #[test]
    fn a_problem_that_goes_by_is_forgotten() {
        let mut waiter = Waiter::new(Goal::Verdict, None);
        waiter.observe(&new(None, &[BLOCKED]), s(1));
        waiter.observe(&new(None, &[READY_NOW]), s(5));
        assert_eq!(until(&waiter.observe(&new(None, &[BLOCKED]), s(30))), Some(s(40)));
    }

    #[test]
    fn once_there_was_media_the_run_decides() {
        let mut lossy = session(&[
            condition("Ready", "False", "NodeLost", 3),
            condition("Complete", "False", "Running", 3),
            condition("ObjectivesMet", "Unknown", "NoReports", 3),
        ]);
        let mut waiter = Waiter::new(Goal::Verdict, None);
        for second in [0, 60, 600] {
            assert_eq!(until(&waiter.observe(&lossy, s(second))), None, "{second} s");
        }
        lossy.status.as_mut().unwrap().conditions.push(condition("Stalled", "True", "NodeLost", 3));
        assert_eq!(ends(&waiter.observe(&lossy, s(601))), Some((Outcome::NotMeasurable, "NodeLost")));
        let mut patient = Waiter::new(Goal::Verdict, Some(s(60)));
        assert_eq!(
            until(&patient.observe(&lossy, s(601))),
            Some(s(661)),
            "more patience, and no endless one"
        );
        assert_eq!(ends(&patient.observe(&lossy, s(661))), Some((Outcome::NotMeasurable, "NodeLost")));
    }

    #[test]
    fn a_run_is_judged_at_its_end_and_a_session_without_one_as_soon_as_it_can_be() {
        let (met, missed) = (("ObjectivesMet", "True", "Met"), ("ObjectivesMet", "False", "LossTooHigh"));
        let finished = ("Complete", "True", "Finished");
        for (goal, duration, conditions, expected) in [
            (Goal::Verdict, Some("30s"), vec![READY_NOW, RUNNING, met], None),
            (Goal::Verdict, Some("30s"), vec![READY_NOW, RUNNING, missed], None),
            (Goal::Verdict, Some("30s"), vec![READY_NOW, finished, missed], Some(Outcome::Missed)),
            (Goal::Met, Some("30s"), vec![READY_NOW, finished, missed], Some(Outcome::Missed)),
            (Goal::Met, Some("30s"), vec![READY_NOW, finished, met], Some(Outcome::Met)),
            (Goal::Verdict, None, vec![READY_NOW, met], Some(Outcome::Met)),
            (Goal::Verdict, None, vec![READY_NOW, missed], Some(Outcome::Missed)),
            (Goal::Met, None, vec![READY_NOW, missed], None),
        ] {
            let step = Waiter::new(goal, None).observe(&new(duration, &conditions), s(0));
            assert_eq!(ends(&step).map(|(outcome, _)| outcome), expected, "{goal:?} {conditions:?}");
        }
    }

    #[test]
    fn without_an_operator_nobody_waits_for_long() {
        let unseen = new(None, &[]);
        let mut waiter = Waiter::new(Goal::Verdict, None);
        assert_eq!(until(&waiter.observe(&unseen, s(1))), Some(s(21)));
        let Step::Done(end) = waiter.observe(&unseen, s(21)) else { panic!("it waits on") };
        assert_eq!((end.outcome, end.reason.as_str()), (Outcome::NotMeasurable, "NoOperator"));
        assert_eq!(
            end.message,
            "no operator has looked at generation 3 of the session for 20 s: `kubectl ballsession doctor` looks for one"
        );
    }

    #[test]
    fn a_verdict_of_an_earlier_spec_is_given_the_time_to_be_carried_over() {
        let over = |generation| {
            let mut over =
                new(Some("30s"), &[("Ready", "True", "Completed"), ("Complete", "True", "Finished")]);
            let met = condition("ObjectivesMet", "True", "Met", generation);
            over.status.as_mut().unwrap().conditions.push(met);
            over
        };
        let mut waiter = Waiter::new(Goal::Verdict, None);
        assert_eq!(until(&waiter.observe(&over(2), s(3))), Some(s(23)));
        assert_eq!(ends(&waiter.observe(&over(2), s(23))), Some((Outcome::NotMeasurable, "OtherObjectives")));
        let mut waiter = Waiter::new(Goal::Verdict, Some(s(600)));
        waiter.observe(&over(2), s(3));
        assert_eq!(ends(&waiter.observe(&over(3), s(4))), Some((Outcome::Met, "Met")));
    }

    #[test]
    fn nothing_to_measure_is_nothing_to_wait_for() {
        let suspended =
            new(None, &[("Ready", "True", "Suspended"), ("ObjectivesMet", "Unknown", "Suspended")]);
        let mut waiter = Waiter::new(Goal::Verdict, None);
        assert_eq!(until(&waiter.observe(&suspended, s(0))), Some(s(5)));
        assert_eq!(ends(&waiter.observe(&suspended, s(5))), Some((Outcome::NotMeasurable, "Suspended")));
    }
}
