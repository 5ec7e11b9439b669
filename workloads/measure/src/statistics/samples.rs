//! What statistics ask of a distribution, whatever it keeps its samples in.

/// Samples of one quantity that is finite and not negative.
pub(crate) trait Samples: Clone {
    /// Adds a sample.
    fn record(&mut self, value: f64);

    /// Adds all samples of `other`, which has the same unit.
    fn merge(&mut self, other: &Self);

    fn is_empty(&self) -> bool;

    /// The exact average; 0 without samples.
    fn mean(&self) -> f64;

    /// The exact maximum; 0 without samples.
    fn max(&self) -> f64;

    /// The smallest value that at least the share `quantile` of the samples do not exceed, to the resolution of the
    /// distribution; 0 without samples.
    fn quantile(&self, quantile: f64) -> f64;
}
