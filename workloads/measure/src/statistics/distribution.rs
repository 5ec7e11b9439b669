//! A distribution of non-negative numbers: quantiles from a histogram, mean and maximum exact beside it.

use hdrhistogram::Counter;

use super::{histogram::Histogram, samples::Samples};

/// The largest histogram value, in units. At 1e-4 px that is more than any distance between two coordinates that a
/// report may carry; at 1 us it is more than an hour. It bounds the memory: 13 kB with 2 significant digits and
/// 4-byte counters, 188 kB with 3 digits and 8-byte counters; a tenth of that for what is seen in practice, because
/// the histogram grows with the largest value.
const MAX_UNITS: f64 = (1u64 << 32) as f64;

/// Samples of one quantity, in multiples of a unit that is set at the start.
#[derive(Debug, Clone)]
pub(crate) struct Distribution<C: Counter> {
    histogram: hdrhistogram::Histogram<C>,
    unit: f64,
    sum: f64,
    max: f64,
}

impl<C: Counter> Distribution<C> {
    /// No samples yet. Quantiles resolve `significant_digits` (0 to 5), and nothing below `unit`.
    pub(crate) fn new(unit: f64, significant_digits: u8) -> Self {
        let histogram =
            hdrhistogram::Histogram::new(significant_digits).expect("the callers' 2 and 3 digits are valid");
        Self { histogram, unit, sum: 0.0, max: 0.0 }
    }

    /// The samples between `bounds`, which must ascend, to the histogram's resolution.
    pub(crate) fn histogram(&self, bounds: &[f64]) -> Histogram {
        let mut below = 0;
        let mut bucket = |bound: f64, not_above: u64| {
            let count = not_above - below;
            below = not_above;
            (bound, count)
        };
        let not_above = |bound: f64| self.histogram.count_between(0, (bound / self.unit).round() as u64);
        let mut buckets: Vec<_> = bounds.iter().map(|bound| bucket(*bound, not_above(*bound))).collect();
        buckets.push(bucket(f64::INFINITY, self.histogram.len()));
        Histogram { buckets, sum: self.sum }
    }
}

impl<C: Counter> Samples for Distribution<C> {
    fn record(&mut self, value: f64) {
        let units = (value / self.unit + 0.5).min(MAX_UNITS) as u64;
        self.histogram.record(units).expect("a histogram that resizes itself takes every value");
        self.sum += value;
        self.max = self.max.max(value);
    }

    fn merge(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("a histogram that resizes itself takes every value");
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    fn mean(&self) -> f64 {
        self.sum / self.histogram.len().max(1) as f64
    }

    fn max(&self) -> f64 {
        self.max
    }

    fn quantile(&self, quantile: f64) -> f64 {
        // A bucket's upper end may lie above every sample in it.
        (self.histogram.value_at_quantile(quantile) as f64 * self.unit).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64], digits: u8) -> Distribution<u32> {
        let mut distribution = Distribution::new(1e-4, digits);
        values.iter().for_each(|value| distribution.record(*value));
        distribution
    }

    #[test]
    fn without_samples_it_is_empty_and_zero() {
        let distribution = of(&[], 2);
        assert!(distribution.is_empty());
        assert_eq!((distribution.mean(), distribution.max(), distribution.quantile(0.5)), (0.0, 0.0, 0.0));
    }

    #[test]
    fn a_sample_at_a_bound_is_not_above_it() {
        let histogram = of(&[0.0, 1.0, 1.1, 1e30], 3).histogram(&[1.0, 2.0]);
        assert_eq!(histogram.buckets, [(1.0, 2), (2.0, 1), (f64::INFINITY, 1)]);
        assert_eq!(histogram.sum, 1e30 + 2.1);
        assert_eq!(of(&[], 3).histogram(&[1.0]).buckets, [(1.0, 0), (f64::INFINITY, 0)]);
    }

    #[test]
    fn the_largest_possible_value_is_kept_in_bounded_memory() {
        let distribution = of(&[0.005, 1e30], 2);
        assert_eq!(distribution.max(), 1e30);
        assert_eq!(distribution.quantile(0.5), 0.005);
        assert!(distribution.histogram.distinct_values() * 4 <= 14_000);
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_samples(
            mut values in prop::collection::vec(0.0..300_000.0f64, 1..60),
            quantile in 0.01..=1.0f64,
        ) {
            for (digits, resolution) in [(2, 0.01), (3, 0.001)] {
                let distribution = of(&values, digits);
                values.sort_by(f64::total_cmp);
                let rank = (quantile * values.len() as f64).ceil() as usize;
                let exact = values[rank - 1];
                let got = distribution.quantile(quantile);
                prop_assert!((got - exact).abs() <= exact * resolution + 1e-4, "{got} instead of {exact}");
            }
        }

        #[test]
        fn buckets_hold_the_samples_between_their_bounds(
            values in prop::collection::vec(prop_oneof![0.0..2.0f64, 0.0..300_000.0f64], 0..60),
        ) {
            let bounds = [0.005, 0.5, 1.0, 50.0];
            let histogram = of(&values, 3).histogram(&bounds);
            prop_assert_eq!(histogram.buckets.iter().map(|bucket| bucket.1).sum::<u64>(), values.len() as u64);
            prop_assert!((histogram.sum - values.iter().sum::<f64>()).abs() <= histogram.sum * 1e-12);
            prop_assert_eq!(histogram.buckets.last().map(|bucket| bucket.0), Some(f64::INFINITY));
            let mut cumulated = 0;
            for ((bound, count), expected) in histogram.buckets.iter().zip(bounds) {
                prop_assert_eq!(*bound, expected);
                cumulated += count;
                let least = values.iter().filter(|value| **value <= bound - 1e-4).count() as u64;
                let most = values.iter().filter(|value| **value <= bound * 1.001 + 1e-4).count() as u64;
                prop_assert!((least..=most).contains(&cumulated), "{cumulated} up to {bound} of {values:?}");
            }
        }

        #[test]
        fn merged_is_as_if_recorded_together(
            left in prop::collection::vec(0.0..1e6f64, 0..30),
            right in prop::collection::vec(0.0..10.0f64, 0..30),
        ) {
            let together = of(&[left.clone(), right.clone()].concat(), 2);
            let mut merged = of(&left, 2);
            merged.merge(&of(&right, 2));
            prop_assert_eq!(merged.max(), together.max());
            prop_assert!((merged.mean() - together.mean()).abs() <= together.mean() * 1e-12);
            for quantile in [0.1, 0.5, 0.95] {
                prop_assert_eq!(merged.quantile(quantile), together.quantile(quantile));
            }
        }
    }
}
