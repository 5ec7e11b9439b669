//! Which sizes pass, as far as it is known, and which is to be tried next.

use super::sizes::{LARGEST, SMALLEST};

/// How a size does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The system does not send it: nothing is surer.
    Refused,
    /// So many probes of it were not answered.
    Unanswered(u32),
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// This size is to be tried.
    Try(u16),
    /// So many probes of this one were not answered: it is what the result hangs on, and is to be tried again where that may have
    /// been chance.
    Confirm(u16, u32),
    /// This is the largest that passes, for certain.
    Found(u16),
    /// Not even the smallest does.
    NothingPasses,
}

/// The largest that passed, and those that did not, of one look at the way.
#[derive(Debug, Clone)]
pub(super) struct Bracket {
    first: u16,
    second: u16,
    passes: Option<u16>,
    /// In ascending order, all larger than what passes.
    failed: Vec<(u16, Failure)>,
}

impl Bracket {
    /// Nothing is known. `first` is tried first, and should that pass, `second`.
    pub(super) fn new(first: u16, second: u16) -> Self {
        let first = first.clamp(SMALLEST, LARGEST);
        Self { first, second: second.clamp(first, LARGEST), passes: None, failed: Vec::new() }
    }

    /// This size got through, and so do all that are smaller, whatever was thought of them.
    pub(super) fn passed(&mut self, bytes: u16) {
        if self.passes.is_none_or(|passes| passes < bytes) {
            self.passes = Some(bytes);
        }
        self.failed.retain(|(failed, _)| *failed > bytes);
    }

    /// Whether this size is known to get through.
    pub(super) fn has_passed(&self, bytes: u16) -> bool {
        self.passes.is_some_and(|passes| bytes <= passes)
    }

    /// This one does not get through.
    pub(super) fn failed(&mut self, bytes: u16, failure: Failure) {
        match self.failed.binary_search_by_key(&bytes, |(failed, _)| *failed) {
            Ok(known) => self.failed[known].1 = failure,
            Err(place) => self.failed.insert(place, (bytes, failure)),
        }
    }

    /// What is to be done next.
    pub(super) fn next(&self) -> Next {
        let between = |below: u16, above: u16| below + (above - below) / 2;
        match (self.passes, self.failed.first().copied()) {
            (None, None) => Next::Try(self.first),
            (None, Some((SMALLEST, Failure::Refused))) => Next::NothingPasses,
            (None, Some((SMALLEST, Failure::Unanswered(_)))) => Next::NothingPasses,
            (None, Some((failed, _))) => Next::Try(between(SMALLEST, failed)),
            (Some(LARGEST), _) => Next::Found(LARGEST),
            (Some(passes), None) => Next::Try(if passes < self.second { self.second } else { LARGEST }),
            (Some(passes), Some((failed, failure))) if failed == passes + 1 => match failure {
                Failure::Refused => Next::Found(passes),
                Failure::Unanswered(probes) => Next::Confirm(failed, probes),
            },
            (Some(passes), Some((failed, _))) => Next::Try(between(passes, failed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All that was tried of a way that carries packets up to `edge`, and what came of it.
    fn search(bracket: &mut Bracket, edge: u16, interface: u16) -> (Vec<u16>, Next) {
        let mut tried = Vec::new();
        loop {
            let next = bracket.next();
            let Next::Try(bytes) = next else { return (tried, next) };
            tried.push(bytes);
            match bytes {
                _ if bytes > interface => bracket.failed(bytes, Failure::Refused),
                _ if bytes > edge => bracket.failed(bytes, Failure::Unanswered(3)),
                _ => bracket.passed(bytes),
            }
        }
    }

    #[test]
    fn what_the_interface_refuses_is_the_end_without_a_second_try() {
        let mut bracket = Bracket::new(1264, LARGEST);
        let (tried, end) = search(&mut bracket, 1500, 1500);
        assert_eq!(end, Next::Found(1500));
        assert_eq!(tried[..3], [1264, LARGEST, 5240]);
        // A minute later it takes two.
        assert_eq!(search(&mut Bracket::new(1500, 1501), 1500, 1500), (vec![1500, 1501], Next::Found(1500)));
    }

    #[test]
    fn a_size_that_was_given_up_too_early_is_taken_back() {
        let mut bracket = Bracket::new(1264, LARGEST);
        bracket.failed(1264, Failure::Unanswered(3));
        let (_, end) = search(&mut bracket, 1263, 9000);
        assert_eq!(end, Next::Confirm(1264, 3));
        bracket.passed(1264);
        let (_, end) = search(&mut bracket, 1400, 9000);
        assert_eq!(end, Next::Confirm(1401, 3));
    }

    #[test]
    fn the_smallest_and_the_largest_are_found_as_well() {
        assert_eq!(search(&mut Bracket::new(1264, LARGEST), LARGEST, u16::MAX).1, Next::Found(LARGEST));
        assert_eq!(
            search(&mut Bracket::new(1264, LARGEST), SMALLEST, 9000).1,
            Next::Confirm(SMALLEST + 1, 3)
        );
        assert_eq!(search(&mut Bracket::new(1264, LARGEST), SMALLEST - 1, 9000).1, Next::NothingPasses);
        assert_eq!(search(&mut Bracket::new(0, 0), 199, 9000).1, Next::NothingPasses);
    }

    proptest! {
        #[test]
        fn every_edge_is_found_in_few_steps(
            first in any::<u16>(), second in any::<u16>(), edge in SMALLEST..LARGEST, interface in SMALLEST..LARGEST,
        ) {
            let (tried, end) = search(&mut Bracket::new(first, second), edge, interface);
            let expected = edge.min(interface);
            let is_it = matches!(end, Next::Found(found) if found == expected && interface <= edge)
                || matches!(end, Next::Confirm(failed, 3) if failed == expected + 1 && edge < interface);
            prop_assert!(is_it, "{end:?}");
            prop_assert!(tried.len() <= 17, "{tried:?}");
        }
    }
}
