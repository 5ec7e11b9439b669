//! Which of some hypotheses about a peer's reports holds: the one under which most of them are near the truth.

use std::collections::VecDeque;

/// Reports that a decision looks back on.
const REPORTS: usize = 30;

/// How far the last reports are from the truth under each hypothesis.
///
/// A hypothesis is one for all reports. To take the nearest truth for each report alone would flatter whoever reports
/// badly.
#[derive(Debug, Default)]
pub(crate) struct Fit {
    reports: VecDeque<Vec<f64>>,
}

impl Fit {
    /// Adds a report: its distance under each hypothesis, infinite where a hypothesis says nothing about it.
    pub(crate) fn add(&mut self, distances: Vec<f64>) {
        if self.reports.len() == REPORTS {
            self.reports.pop_front();
        }
        self.reports.push_back(distances);
    }

    /// The reports that are looked back on.
    pub(crate) fn reports(&self) -> usize {
        self.reports.len()
    }

    /// The median distance under a hypothesis; infinite without reports.
    pub(crate) fn median(&self, hypothesis: usize) -> f64 {
        let mut distances: Vec<f64> =
            self.reports.iter().filter_map(|report| report.get(hypothesis).copied()).collect();
        let middle = distances.len() / 2;
        if distances.is_empty() {
            return f64::INFINITY;
        }
        *distances.select_nth_unstable_by(middle, f64::total_cmp).1
    }

    /// The hypothesis of the smallest median, `None` if all are infinite. Where neighbours are nearly as good it is the
    /// one in their middle: there it takes most for a report to be attributed wrongly.
    pub(crate) fn best(&self) -> Option<usize> {
        let hypotheses = self.reports.front().map_or(0, Vec::len);
        let medians: Vec<f64> = (0..hypotheses).map(|hypothesis| self.median(hypothesis)).collect();
        let (best, least) = medians.iter().copied().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        if least.is_infinite() {
            return None;
        }
        // Half as much again: under a wrong hypothesis reports are off by whole steps of the motion.
        let is_good = |median: &&f64| **median <= least * 1.5;
        let above = medians[best..].iter().take_while(is_good).count();
        let below = medians[..best].iter().rev().take_while(is_good).count();
        Some((best + above - 1 + best - below) / 2)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_reports_nothing_fits() {
        let mut fit = Fit::default();
        assert_eq!((fit.best(), fit.median(0)), (None, f64::INFINITY));
        fit.add(vec![f64::INFINITY; 3]);
        assert_eq!(fit.best(), None);
    }

    #[test]
    fn the_middle_of_what_fits_is_taken() {
        let mut fit = Fit::default();
        fit.add(vec![f64::INFINITY, 9.0, 0.5, 0.4, 0.5, 0.5, 0.5, 9.0, 0.4]);
        assert_eq!(fit.best(), Some(4));
        let mut flat = Fit::default();
        flat.add(vec![0.0; 11]);
        assert_eq!(flat.best(), Some(5), "where all are the same");
    }

    #[test]
    fn old_reports_are_forgotten() {
        let mut fit = Fit::default();
        (0..REPORTS).for_each(|_| fit.add(vec![0.0, 9.0]));
        (0..REPORTS).for_each(|_| fit.add(vec![9.0, 0.0]));
        assert_eq!((fit.best(), fit.reports()), (Some(1), REPORTS));
    }

    proptest! {
        #[test]
        fn a_few_wild_reports_do_not_matter(
            truth in 0usize..20,
            wild in prop::collection::vec((0usize..REPORTS, prop::collection::vec(0.0..500.0f64, 20)), 0..10),
        ) {
            let mut reports = vec![(0..20).map(|other: usize| 9.0 * other.abs_diff(truth) as f64 + 0.4).collect(); REPORTS];
            for (index, distances) in wild {
                reports[index] = distances;
            }
            let mut fit = Fit::default();
            reports.into_iter().for_each(|report| fit.add(report));
            prop_assert_eq!(fit.best(), Some(truth));
        }
    }
}
