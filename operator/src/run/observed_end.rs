//! What a run needs at its end of whoever collects its reports. That it ends is stored; since when its last numbers have been
//! awaited is known to each process alone.

use std::time::Instant;

use crate::run::life::Phase;
use crate::run::outcome::Outcome;
use crate::run::progress::Progress;

/// The run that was observed to end, and since when.
#[derive(Debug, Default)]
pub struct ObservedEnd(Option<(String, Instant)>);

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When it was first observed.
    pub since: Instant,
    /// How the run ended.
    pub outcome: Outcome,
}

/// What the run needs of whoever collects its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Nothing.
    Nothing,
    /// Its own numbers, before there can be last ones: those of another run are still in the status.
    Begin,
    /// Its last numbers, those of the whole run, in the status.
    Finish(End),
    /// That the end that was observed before is taken back.
    Continue,
}

impl ObservedEnd {
    /// What the run with the hash `run` needs now. `is_stored`: the status is about this run already.
    pub fn request(&mut self, phase: Phase, run: &str, is_stored: bool, now: Instant) -> Request {
        match phase {
            Phase::Over(_) => Request::Nothing,
            Phase::Ending(_) if !is_stored => Request::Begin,
            Phase::Ending(outcome) => Request::Finish(End { since: self.since(run, now), outcome }),
            Phase::Starting | Phase::Measuring if self.0.is_some() => Request::Continue,
            Phase::Starting | Phase::Measuring => Request::Nothing,
        }
    }

    /// Whatever was over, the run that is asked for now is not.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    fn since(&mut self, run: &str, now: Instant) -> Instant {
        match &self.0 {
            Some((known, since)) if known == run => *since,
            _ => self.0.insert((run.to_owned(), now)).1,
        }
    }
}

impl Request {
    /// How far the run is, once the request has come as far as `progress`: it is over only when its last numbers are in
    /// the status. The second is whether to ask again.
    pub fn concluded(self, phase: Phase, progress: Progress) -> (Phase, Progress) {
        match (self, progress) {
            (Self::Nothing, _) => (phase, Progress::Done),
            (Self::Finish(End { outcome, .. }), Progress::Done) => (Phase::Over(outcome), Progress::Done),
            (Self::Begin, _) | (Self::Finish(_), Progress::Pending) => (phase, Progress::Pending),
            (Self::Continue, progress) => (phase, progress),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ENDING: Phase = Phase::Ending(Outcome::Finished);

    #[test]
    fn a_run_ends_with_its_last_numbers_and_not_before() {
        let (mut end, since) = (ObservedEnd::default(), Instant::now());
        let later = since + Duration::from_secs(7);
        assert_eq!(end.request(Phase::Measuring, "a", true, since), Request::Nothing);
        assert_eq!(end.request(ENDING, "a", false, since), Request::Begin);
        assert_eq!(Request::Begin.concluded(ENDING, Progress::Pending), (ENDING, Progress::Pending));
        let finish = Request::Finish(End { since, outcome: Outcome::Finished });
        assert_eq!(end.request(ENDING, "a", true, since), finish);
        assert_eq!(end.request(ENDING, "a", true, later), finish, "since it was first observed");
        assert_eq!(finish.concluded(ENDING, Progress::Pending), (ENDING, Progress::Pending));
        let over = Phase::Over(Outcome::Finished);
        assert_eq!(finish.concluded(ENDING, Progress::Done), (over, Progress::Done));
        assert_eq!(end.request(over, "a", true, later), Request::Nothing);
        assert_eq!(Request::Nothing.concluded(over, Progress::Pending), (over, Progress::Done));

        let of_another = Request::Finish(End { since: later, outcome: Outcome::Failed });
        assert_eq!(end.request(Phase::Ending(Outcome::Failed), "b", true, later), of_another);
    }

    #[test]
    fn an_end_that_is_taken_back_is_none() {
        let (mut end, now) = (ObservedEnd::default(), Instant::now());
        end.request(ENDING, "a", true, now);
        let measuring = |end: &mut ObservedEnd| end.request(Phase::Measuring, "a", true, now);
        assert_eq!(measuring(&mut end), Request::Continue);
        let asked = Request::Continue.concluded(Phase::Measuring, Progress::Pending);
        assert_eq!(asked, (Phase::Measuring, Progress::Pending));
        end.clear();
        assert_eq!(measuring(&mut end), Request::Nothing);
    }
}
