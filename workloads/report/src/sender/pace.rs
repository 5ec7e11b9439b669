//! How often posts go.

use std::time::Duration;

/// How often a process reports where nothing makes a post due at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The mean time between two posts.
    pub every: Duration,
    /// By how much of that, 0 to 1, it differs either way, so that processes that started together drift apart.
    pub spread: f64,
}

impl Pace {
    /// A server's: its numbers are what the session is about, and that there are none is one of them.
    pub const SERVER: Self = Self { every: Duration::from_secs(5), spread: 0.1 };

    /// A client's: most of its posts are due at once.
    pub const CLIENT: Self = Self { every: Duration::from_secs(60), spread: 0.2 };

    pub(super) fn interval(self, random: f64) -> Duration {
        self.every.mul_f64((1.0 + self.spread * (2.0 * random - 1.0)).max(0.0))
    }
}
