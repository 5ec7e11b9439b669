//! Pauses between repetitions.

use std::time::Duration;

/// Each is twice as long as the one before, up to a longest one; there are only so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pauses {
    next: Duration,
    longest: Duration,
    left: u32,
}

impl Pauses {
    pub(super) const fn new(first: Duration, longest: Duration, number: u32) -> Self {
        Self { next: first, longest, left: number }
    }

    /// The one that [`Pauses::next`] has.
    pub(super) fn peek(mut self) -> Option<Duration> {
        self.next()
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let ms = Duration::from_millis;
        let pauses: Vec<_> = Pauses::new(ms(100), ms(300), 4).collect();
        assert_eq!(pauses, [ms(100), ms(200), ms(300), ms(300)]);
    }
}
