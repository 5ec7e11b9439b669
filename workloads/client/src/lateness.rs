//! How late the client is with what is due: the decoding of a complete frame, and its own timer. Time is an argument.

use std::time::{Duration, Instant};

use process::NextBeat;

/// A lateness is said in this many messages, as one may be lost; after a lost session it is said once more in the next one.
const SAID: usize = 2;

/// The worst lateness, as far as the server may not have heard of it.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    /// Since the last message.
    worst: Duration,
    /// What each of the last messages had to say, newest first.
    said: [Duration; SAID],
    next_beat: NextBeat,
}

impl Lateness {
    /// Something that was due happened so late.
    pub(crate) fn late(&mut self, lateness: Duration) {
        self.worst = self.worst.max(lateness);
    }

    /// The process's own timer ticked at `now`, so late.
    pub(crate) fn beat(&mut self, late: Duration, now: Instant) {
        self.late(late);
        self.next_beat.ticked(now);
    }

    /// A beat that should have come by `now` is late already.
    pub(crate) fn check_beat(&mut self, now: Instant) {
        self.late(self.next_beat.overdue(now));
    }

    /// What a message would say.
    pub(crate) fn worst(&self) -> Duration {
        self.said.into_iter().take(SAID - 1).fold(self.worst, Duration::max)
    }

    /// It was said in a message: it starts anew.
    pub(crate) fn said(&mut self) {
        self.said.rotate_right(1);
        self.said[0] = std::mem::take(&mut self.worst);
    }

    /// Nobody may have heard the last messages.
    pub(crate) fn unheard(&mut self) {
        self.worst = self.said.into_iter().fold(self.worst, Duration::max);
        self.said = [Duration::ZERO; SAID];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A client that was stopped for a second sent its figures before its timer had ticked, and blamed the network.
    #[test]
    fn a_beat_that_did_not_come_yet_is_late_all_the_same() {
        let (start, mut lateness) = (Instant::now(), Lateness::default());
        lateness.check_beat(start + ms(5000));
        lateness.beat(ms(2), start);
        lateness.check_beat(start + ms(1090));
        assert_eq!(lateness.worst(), ms(990));
    }

    #[test]
    fn a_lateness_is_said_twice_and_once_more_after_a_lost_session() {
        let mut lateness = Lateness::default();
        for late in [5, 250, 7] {
            lateness.late(ms(late));
        }
        assert_eq!(lateness.worst(), ms(250));
        lateness.said();
        assert_eq!(lateness.worst(), ms(250), "that message may be lost");
        lateness.said();
        assert_eq!(lateness.worst(), ms(0));
        lateness.unheard();
        assert_eq!(lateness.worst(), ms(250), "and so may both");
        for _ in 0..2 {
            lateness.said();
        }
        assert_eq!(lateness.worst(), ms(0));
    }
}
