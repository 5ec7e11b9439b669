//! The end of a run: that of its clients is where it begins, and the last numbers in the status are where it is complete.

use std::time::Instant;

use crate::run::completion::Completion;
use crate::run::progress::Progress;
use crate::run::stage::RunStage;

/// The run that was observed to be over, and since when.
#[derive(Debug, Default)]
pub struct ObservedEnd(Option<(String, Instant)>);

/// What the run needs of whoever collects its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Nothing.
    Nothing,
    /// Its own numbers, before there can be last ones: those of another run are still in the status.
    Begin,
    /// Its last numbers, those of the whole run, in the status.
    Finish {
        /// When it was first observed to be over.
        since: Instant,
    },
    /// That the end that was observed before is taken back.
    Continue,
}

impl ObservedEnd {
    /// What the run with the hash `run` needs now. `is_stored`: the status is about this run already.
    pub fn request(
        &mut self,
        stage: RunStage,
        completion: Completion,
        run: &str,
        is_stored: bool,
        now: Instant,
    ) -> Request {
        if stage == RunStage::Finished {
            return Request::Nothing;
        }
        if completion.is_over() {
            let since = self.since(run, now);
            return if is_stored { Request::Finish { since } } else { Request::Begin };
        }
        if self.is_known() { Request::Continue } else { Request::Nothing }
    }

    /// Whatever was over, the run that is asked for now is not.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    /// When the run was first observed to be over.
    fn since(&mut self, run: &str, now: Instant) -> Instant {
        match &self.0 {
            Some((known, since)) if known == run => *since,
            _ => self.0.insert((run.to_owned(), now)).1,
        }
    }

    /// Whether a run was observed to be over, and nothing was observed since that takes it back.
    fn is_known(&self) -> bool {
        self.0.is_some()
    }
}

impl Request {
    /// How far the run is, once the request has come as far as `progress`: it is over only when its last numbers are in
    /// the status. The second is whether to ask again.
    pub fn concluded(self, completion: Completion, progress: Progress) -> (Completion, Progress) {
        match (self, progress) {
            (Self::Nothing, _) => (completion, Progress::Done),
            (Self::Finish { .. }, Progress::Done) => (completion, Progress::Done),
            (Self::Begin, _) | (Self::Finish { .. }, Progress::Pending) => {
                (Completion::Running, Progress::Pending)
            }
            (Self::Continue, progress) => (completion, progress),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_run_is_over_since_it_was_first_observed_to_be() {
        let (mut end, start) = (ObservedEnd::default(), Instant::now());
        let later = start + Duration::from_secs(7);
        assert_eq!((end.since("a", start), end.since("a", later)), (start, start));
        assert_eq!(end.since("b", later), later);
        assert!(end.is_known());
        end.clear();
        assert!(!end.is_known());
        let again = later + Duration::from_secs(7);
        assert_eq!(end.since("b", again), again);
    }

    #[test]
    fn a_run_ends_with_its_last_numbers_and_not_before() {
        let (mut end, start) = (ObservedEnd::default(), Instant::now());
        let mut request = |completion, is_stored| {
            end.request(RunStage::Active, completion, "a", is_stored, start + Duration::from_secs(1))
        };
        assert_eq!(request(Completion::Running, true), Request::Nothing);
        assert_eq!(request(Completion::Finished, false), Request::Begin);
        let finish = Request::Finish { since: start + Duration::from_secs(1) };
        assert_eq!(request(Completion::Finished, true), finish);
        let pending = (Completion::Running, Progress::Pending);
        assert_eq!(Request::Begin.concluded(Completion::Finished, Progress::Pending), pending);
        assert_eq!(finish.concluded(Completion::Finished, Progress::Pending), pending);
        let done = (Completion::Finished, Progress::Done);
        assert_eq!(finish.concluded(Completion::Finished, Progress::Done), done);
    }

    #[test]
    fn an_end_that_is_taken_back_is_none() {
        let (mut end, now) = (ObservedEnd::default(), Instant::now());
        end.request(RunStage::Active, Completion::Finished, "a", true, now);
        let running =
            |end: &mut ObservedEnd| end.request(RunStage::Active, Completion::Running, "a", true, now);
        assert_eq!(running(&mut end), Request::Continue);
        let asked = Request::Continue.concluded(Completion::Running, Progress::Pending);
        assert_eq!(asked, (Completion::Running, Progress::Pending));
        end.clear();
        assert_eq!(running(&mut end), Request::Nothing);
    }

    #[test]
    fn a_finished_run_needs_nothing() {
        let mut end = ObservedEnd::default();
        let now = Instant::now();
        let request = end.request(RunStage::Finished, Completion::Finished, "a", true, now);
        assert_eq!(request, Request::Nothing);
        let over = (Completion::Finished, Progress::Done);
        assert_eq!(request.concluded(Completion::Finished, Progress::Pending), over);
    }
}
