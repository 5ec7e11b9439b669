//! How long to wait between attempts: one for all workloads, so that a cap and its jitter mean the same everywhere.

use std::time::Duration;

/// What part of a delay is random, so that clients which lost the same server do not come back in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// The upper half: a retry never comes at once.
    Half,
    /// All of it: the most even load on a server that many wait for.
    Full,
}

/// Exponential backoff: each delay is drawn from a span that doubles from a first one up to a cap.
///
/// It has neither a clock nor a source of randomness; both are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    span: Duration,
    jitter: Jitter,
}

/// Delays that no [`Backoff`] can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no backoff from {first:?} up to {cap:?}: the first delay must be above 0 and at most the cap")]
pub struct InvalidBackoff {
    /// The first delay asked for.
    pub first: Duration,
    /// The cap asked for.
    pub cap: Duration,
}

impl Backoff {
    /// Delays that span `first` at first and `cap` in the end.
    ///
    /// # Errors
    /// Where `first` is zero, which would retry without any delay, or above `cap`.
    pub const fn new(first: Duration, cap: Duration, jitter: Jitter) -> Result<Self, InvalidBackoff> {
        if first.is_zero() || first.as_nanos() > cap.as_nanos() {
            return Err(InvalidBackoff { first, cap });
        }
        Ok(Self { first, cap, span: first, jitter })
    }

    /// The delay before the next attempt: the current span, of which what is random is taken as `random` in 0..1 has it
    /// (a value outside of that is taken as the nearer end).
    pub fn next_delay(&mut self, random: f64) -> Duration {
        let certain = match self.jitter {
            Jitter::Half => self.span / 2,
            Jitter::Full => Duration::ZERO,
        };
        // A product with a value that is no number would panic.
        let share = if random.is_nan() { 0.0 } else { random.clamp(0.0, 1.0) };
        // Rounding may carry a long delay beyond its span.
        let delay = certain.saturating_add((self.span - certain).mul_f64(share)).min(self.span);
        self.span = self.span.saturating_mul(2).min(self.cap);
        delay
    }

    /// Starts over, after a success.
    pub fn reset(&mut self) {
        self.span = self.first;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_span_doubles_up_to_the_cap_and_starts_over() {
        let mut backoff = Backoff::new(MS(100), MS(700), Jitter::Half).unwrap();
        let delays: Vec<_> = (0..5).map(|_| backoff.next_delay(1.0)).collect();
        assert_eq!(delays, [MS(100), MS(200), MS(400), MS(700), MS(700)]);
        assert_eq!(backoff.next_delay(0.0), MS(350));
        backoff.reset();
        assert_eq!(backoff.next_delay(0.5), MS(75));
        assert_eq!(backoff.next_delay(f64::NAN), MS(100));
    }

    #[test]
    fn full_jitter_may_take_all_of_the_delay() {
        let mut backoff = Backoff::new(MS(100), MS(300), Jitter::Full).unwrap();
        let delays = [0.0, 0.5, 1.0, 1.0].map(|random| backoff.next_delay(random));
        assert_eq!(delays, [MS(0), MS(100), MS(300), MS(300)]);
    }

    #[test]
    fn delays_that_make_no_sense_are_refused() {
        let refused = |first, cap| Backoff::new(first, cap, Jitter::Half).unwrap_err().to_string();
        let allowed = "the first delay must be above 0 and at most the cap";
        assert_eq!(refused(MS(0), MS(5)), format!("no backoff from 0ns up to 5ms: {allowed}"));
        assert_eq!(refused(MS(6), MS(5)), format!("no backoff from 6ms up to 5ms: {allowed}"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_delay_is_within_half_the_first_and_the_cap(
            first in 2..u64::MAX, more in any::<u64>(), random in any::<f64>(), steps in 1..200_usize,
        ) {
            let first = Duration::from_nanos(first);
            let cap = first.saturating_add(Duration::from_nanos(more));
            let mut backoff = Backoff::new(first, cap, Jitter::Half).unwrap();
            for _ in 0..steps {
                let delay = backoff.next_delay(random);
                prop_assert!(first / 2 <= delay && delay <= cap, "{delay:?}");
            }
        }
    }
}
