//! One direction of a network: when what is sent arrives.

use std::ops::Range;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::weather::{LONGEST_QUEUE, Weather};

/// A direction, with how far its chance has come.
pub(super) struct Link {
    weather: Weather,
    delay: Duration,
    /// When there is trouble.
    troubled: Range<Instant>,
    rng: Rng,
    is_losing: bool,
    /// When a slow link is done with all that it has.
    idle_at: Instant,
}

impl Link {
    pub(super) fn new(weather: Weather, delay: Duration, troubled: Range<Instant>, seed: u64) -> Self {
        let idle_at = troubled.start;
        Self { weather, delay, troubled, rng: Rng::with_seed(seed), is_losing: false, idle_at }
    }

    /// When a datagram of so many bytes arrives that is sent now: never, once or twice.
    pub(super) fn carry(&mut self, bytes: usize, now: Instant) -> Vec<Instant> {
        if !self.troubled.contains(&now) {
            return vec![now + self.delay];
        }
        let since = now - self.troubled.start;
        let is_out = self.weather.outages.iter().any(|outage| outage.contains(&since));
        let is_large = self.weather.largest_bytes.is_some_and(|largest| bytes > largest);
        if self.is_lost() || is_out || is_large {
            return Vec::new();
        }
        let Some(queued) = self.queue(bytes, now) else { return Vec::new() };
        let copies = if self.rng.f64() < self.weather.duplicated { 2 } else { 1 };
        (0..copies).map(|_| queued + self.delay + self.jitter()).collect()
    }

    /// Gilbert's model: two states, of which one loses everything.
    fn is_lost(&mut self) -> bool {
        let Weather { loss, burst, .. } = self.weather;
        if loss > 0.0 {
            let ends = burst.map_or(1.0 - loss, f64::recip);
            let begins = loss * ends / (1.0 - loss);
            self.is_losing = self.rng.f64() < if self.is_losing { 1.0 - ends } else { begins };
        }
        self.is_losing
    }

    /// When it has left the queue of a slow link; `None` where that is full.
    fn queue(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let Some(kbps) = self.weather.kbps else { return Some(now) };
        let begins = self.idle_at.max(now);
        if begins > now + LONGEST_QUEUE {
            return None;
        }
        self.idle_at = begins + Duration::from_micros(bytes as u64 * 8000 / kbps);
        Some(self.idle_at)
    }

    fn jitter(&mut self) -> Duration {
        let most = self.weather.jitter.as_micros() as u64;
        Duration::from_micros(if most == 0 { 0 } else { self.rng.u64(..most) })
    }
}
