//! Mean and quantiles of samples.

use serde::Serialize;

/// What samples have to say, in the samples' unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) mean: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) max: f64,
}

/// The summary of `samples`; `None` where there are none.
pub(crate) fn summary(mut samples: Vec<f64>) -> Option<Summary> {
    samples.sort_by(f64::total_cmp);
    let max = *samples.last()?;
    let mean = samples.iter().sum::<f64>() / samples.len() as f64;
    // The nearest rank: a value that occurred.
    let at = |percent: usize| samples[(samples.len() * percent).div_ceil(100) - 1];
    Some(Summary { mean, p50: at(50), p95: at(95), max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples_by_rank() {
        let samples = (1..=100).rev().map(f64::from).collect();
        assert_eq!(summary(samples), Some(Summary { mean: 50.5, p50: 50.0, p95: 95.0, max: 100.0 }));
        let one = Summary { mean: 7.0, p50: 7.0, p95: 7.0, max: 7.0 };
        assert_eq!(summary(vec![7.0]), Some(one));
        assert_eq!(summary(Vec::new()), None);
    }
}
