//! A distribution that takes as little memory as its samples differ: for the many slices of many windows.

use std::borrow::Cow;

use super::{
    buckets::{join, key, upper_end, widened},
    samples::Samples,
};

/// The largest value, in units; as that of the distributions of a whole run.
const MAX_UNITS: f64 = (1u64 << 32) as f64;

/// Of the limit of buckets, what share of samples is sorted in together.
const FRESH_SHARE: u16 = 4;

/// Samples in buckets of logarithmic width, of which only those that are in use are kept: 4 bytes each.
///
/// A bucket is 1/2^`bits` of its value wide. Where more than `limit` buckets would be in use the widths double, so that
/// memory is bounded, whatever the samples are. New samples are sorted in many at a time.
#[derive(Debug, Clone)]
pub(crate) struct Compact {
    /// Key and count, by ascending keys. What a count does not hold goes on in a further bucket with the same key.
    buckets: Vec<(u16, u16)>,
    /// The keys of samples that are in no bucket yet.
    fresh: Vec<u16>,
    limit: u16,
    bits: u8,
    samples: u64,
    unit: f64,
    sum: f64,
    max: f64,
}

impl Compact {
    /// For the window of one client: 2 significant digits in at most 800 bytes.
    pub(crate) fn small(unit: f64) -> Self {
        Self::new(unit, 6, 200)
    }

    /// For the window of all clients: nearly 3 significant digits in at most 16 kB.
    pub(crate) fn fine(unit: f64) -> Self {
        Self::new(unit, 9, 4000)
    }

    fn new(unit: f64, bits: u8, limit: u16) -> Self {
        Self { buckets: Vec::new(), fresh: Vec::new(), limit, bits, samples: 0, unit, sum: 0.0, max: 0.0 }
    }

    /// Puts fresh samples into buckets.
    pub(super) fn sort(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_unstable();
        self.add(fresh.chunk_by(|one, other| one == other).flat_map(|same| {
            // A count holds no more.
            same.chunks(u16::MAX.into()).map(|same| (same[0], same.len() as u16))
        }));
        fresh.clear();
        self.fresh = fresh;
        self.fit();
    }

    /// Adds buckets with ascending keys.
    fn add(&mut self, others: impl Iterator<Item = (u16, u16)>) {
        let own = self.buckets.len();
        let mut place = 0;
        for (key, count) in others {
            place += self.buckets[place..own].partition_point(|bucket| bucket.0 < key);
            match self.buckets[place..own].first_mut().filter(|bucket| bucket.0 == key) {
                Some(bucket) if bucket.1.checked_add(count).is_some() => bucket.1 += count,
                _ => self.buckets.push((key, count)),
            }
        }
        if self.buckets.len() > own {
            // Two ascending runs, which a stable sort merges.
            self.buckets.sort_by_key(|bucket| bucket.0);
            join(&mut self.buckets);
        }
    }

    fn sorted(&self) -> Cow<'_, Self> {
        let mut sorted = Cow::Borrowed(self);
        if !self.fresh.is_empty() {
            sorted.to_mut().sort();
        }
        sorted
    }

    /// Doubles the width of the buckets until there are few enough.
    fn fit(&mut self) {
        while self.buckets.len() > usize::from(self.limit) && self.bits > 0 {
            self.widen(self.bits - 1);
        }
    }

    fn widen(&mut self, bits: u8) {
        for (key, _) in &mut self.buckets {
            *key = widened(*key, self.bits, bits);
        }
        self.bits = bits;
        join(&mut self.buckets);
    }

    /// Takes out the samples of `other`, all of which were merged into this one. `rest` are those that stay: what is
    /// exact is exact of them.
    pub(super) fn remove<'a>(&mut self, other: &Self, rest: impl Iterator<Item = &'a Self> + Clone) {
        let finest = rest.clone().map(|part| part.bits).min().unwrap_or(self.bits);
        let has_room = self.buckets.len() * 2 <= usize::from(self.limit);
        if other.samples == self.samples || (finest > self.bits && has_room) {
            *self = Self::new(self.unit, finest, self.limit);
            rest.for_each(|part| self.merge(part));
            return;
        }
        self.sort();
        let (other, mut place) = (other.sorted(), 0);
        for (key, count) in &other.buckets {
            let (key, mut count) = (widened(*key, other.bits, self.bits), *count);
            place += self.buckets[place..].iter().take_while(|bucket| bucket.0 < key).count();
            for bucket in self.buckets[place..].iter_mut().take_while(|bucket| bucket.0 == key) {
                let taken = count.min(bucket.1);
                bucket.1 -= taken;
                count -= taken;
            }
        }
        self.buckets.retain(|bucket| bucket.1 > 0);
        self.samples -= other.samples;
        self.sum = rest.clone().map(|part| part.sum).sum();
        self.max = rest.map(|part| part.max).fold(0.0, f64::max);
    }

    /// Gives back memory that is not needed as long as no samples come.
    pub(super) fn shrink(&mut self) {
        self.sort();
        self.fresh = Vec::new();
        self.buckets.shrink_to_fit();
    }
}

impl Samples for Compact {
    fn record(&mut self, value: f64) {
        let units = (value / self.unit + 0.5).min(MAX_UNITS) as u64;
        self.fresh.push(key(units, self.bits));
        self.samples += 1;
        self.sum += value;
        self.max = self.max.max(value);
        if self.fresh.len() >= usize::from(self.limit / FRESH_SHARE) {
            self.sort();
        }
    }

    fn merge(&mut self, other: &Self) {
        let other = other.sorted();
        self.sort();
        if other.bits < self.bits {
            self.widen(other.bits);
        }
        if self.buckets.is_empty() {
            self.buckets.reserve_exact(other.buckets.len());
        }
        let bits = self.bits;
        self.add(other.buckets.iter().map(|(key, count)| (widened(*key, other.bits, bits), *count)));
        self.samples += other.samples;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
        self.fit();
    }

    fn is_empty(&self) -> bool {
        self.samples == 0
    }

    fn mean(&self) -> f64 {
        self.sum / self.samples.max(1) as f64
    }

    fn max(&self) -> f64 {
        self.max
    }

    fn quantile(&self, quantile: f64) -> f64 {
        let rank = ((quantile * self.samples as f64).ceil() as u64).max(1);
        let (sorted, mut seen) = (self.sorted(), 0);
        let bucket = sorted.buckets.iter().find(|(_, count)| {
            seen += u64::from(*count);
            seen >= rank
        });
        // A bucket's upper end may lie above every sample in it.
        bucket.map_or(0.0, |(key, _)| (upper_end(*key, sorted.bits) as f64 * self.unit).min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64], mut distribution: Compact) -> Compact {
        values.iter().for_each(|value| distribution.record(*value));
        distribution
    }

    #[test]
    fn a_bucket_that_is_full_goes_on_in_another() {
        let mut many = of(&[5.0; 10], Compact::small(1.0));
        (0..16).for_each(|_| many.merge(&many.clone()));
        assert_eq!((many.samples, many.buckets.len()), (655_360, 11));
        assert_eq!((many.quantile(0.5), many.quantile(1.0)), (5.0, 5.0));
    }

    #[test]
    fn memory_is_bounded_whatever_the_samples_are() {
        let values: Vec<f64> = (0..40_000).map(|index| 1.000_7f64.powi(index)).collect();
        let wild = of(&values, Compact::small(1e-4));
        assert!(wild.buckets.len() <= 200);
        let p95 = values[38_000 - 1];
        let got = wild.quantile(0.95);
        assert!(got >= p95.min(MAX_UNITS * 1e-4) * 0.99, "{got} instead of {p95}: never better than it is");
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_samples(
            mut values in prop::collection::vec(0.0..3000.0f64, 1..60),
            quantile in 0.01..=1.0f64,
        ) {
            for (empty, resolution) in [(Compact::small(1e-4), 0.016), (Compact::fine(1e-4), 0.002)] {
                let distribution = of(&values, empty);
                values.sort_by(f64::total_cmp);
                let exact = values[(quantile * values.len() as f64).ceil() as usize - 1];
                let got = distribution.quantile(quantile);
                prop_assert!((got - exact).abs() <= exact * resolution + 1e-4, "{got} instead of {exact}");
            }
        }

        #[test]
        fn merged_is_as_if_recorded_together(
            left in prop::collection::vec(0.0..1e5f64, 0..300),
            right in prop::collection::vec(0.0..10.0f64, 0..300),
        ) {
            let together = of(&[left.clone(), right.clone()].concat(), Compact::small(1e-4));
            let mut merged = of(&left, Compact::small(1e-4));
            merged.merge(&of(&right, Compact::small(1e-4)));
            prop_assert_eq!(merged.samples, together.samples);
            prop_assert_eq!(merged.max(), together.max());
            let counted: u64 = merged.buckets.iter().map(|bucket| u64::from(bucket.1)).sum();
            prop_assert_eq!(counted, merged.samples);
            for quantile in [0.1, 0.5, 0.95] {
                let (got, expected) = (merged.quantile(quantile), together.quantile(quantile));
                prop_assert!((got - expected).abs() <= expected * 0.07 + 1e-4, "{got} instead of {expected}");
            }
        }
    }
}
