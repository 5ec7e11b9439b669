//! When a probe leaves, and when one is lost because of its size.
//!
//! Probes are lost by chance as well. So with each leaves a small one, of the size that every way carries, and how many of those
//! are lost says how often chance is to blame. A size is given up once chance alone would have lost all its probes once in a
//! thousand times, and the one that the result hangs on is tried until that would be once in a thousand million. On a way that
//! loses nothing that takes three to six probes, on one that loses a third of all round trips some twenty.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bracket::{Bracket, Failure, Next};
use super::sizes::{LARGEST, SMALLEST};
use crate::stun::TransactionId;

/// A way is looked at again so long after the last time.
const INTERVAL: Duration = Duration::from_secs(60);
/// The same where nothing came of it, for the way was down or too much was lost, and where something is lost now.
const AGAIN: Duration = Duration::from_secs(10);
/// Between two probes of a size that are not answered: a round trip, within these bounds.
const SHORTEST_PACE: Duration = Duration::from_millis(20);
const LONGEST_PACE: Duration = Duration::from_millis(200);
/// An answer that takes longer than so many of the longest round trip so far is not waited for, within these bounds.
const ROUND_TRIPS: u32 = 3;
const SHORTEST_WAIT: Duration = Duration::from_millis(120);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Before there is any answer.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// An answer that comes so late all the same still counts.
const KEPT: Duration = Duration::from_secs(3);
/// By what chance a size may be given up wrongly: at first, and in the end.
const GIVEN_UP: f64 = 1e-3;
const CERTAIN: f64 = 1e-9;
/// Probes of one size, and of all in one look at the way: beyond that nothing comes of it.
const MOST_OF_SIZE: u32 = 40;
const MOST: u32 = 400;
/// At least so many are lost of what is too large.
const FEWEST: u32 = 3;
/// Small probes after a look that found something: the receiver is told by them.
const CLOSING: u32 = 3;

/// The search for the largest packet that gets to the peer, again and again.
#[derive(Debug)]
pub(crate) struct Search {
    first: u16,
    found: Option<u16>,
    /// How many looks found something.
    looks: u64,
    look: Option<Look>,
    next_look: Instant,
    /// When the last look did.
    ended: Option<Instant>,
    /// Small probes that are left of the last look, and when the next one is due.
    closing: (u32, Instant),
    sent: VecDeque<Sent>,
    longest_round_trip: Option<Duration>,
    controls: Controls,
}

/// One look at the way.
#[derive(Debug)]
struct Look {
    bracket: Bracket,
    /// What is being tried.
    bytes: u16,
    certainty: f64,
    probes: u32,
    unanswered: u32,
    next_probe: Instant,
    /// The small one that goes with the last probe has not left yet.
    is_control_due: bool,
    left: u32,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    transaction: TransactionId,
    bytes: u16,
    is_control: bool,
    at: Instant,
    /// It was not answered in time, and that was counted.
    is_overdue: bool,
}

/// How many small probes were answered, and how many not.
#[derive(Debug, Clone, Copy, Default)]
struct Controls {
    answered: u32,
    lost: u32,
}

impl Controls {
    /// The chance that a probe is lost whatever its size, by Laplace's rule of succession: where little is known it is high.
    fn lost_by_chance(self) -> f64 {
        f64::from(self.lost + 1) / f64::from(self.answered + self.lost + 2)
    }

    /// How many probes in a row have to be lost for chance to be this small.
    fn needed(self, chance: f64) -> u32 {
        // Below 1 in either logarithm, so that it is positive; a cast ends at the greatest.
        let needed = (chance.ln() / self.lost_by_chance().ln()).ceil() as u32;
        needed.max(FEWEST)
    }

    /// What is long past counts for less.
    fn age(&mut self) {
        *self = Self { answered: self.answered / 2, lost: self.lost / 2 };
    }
}

impl Search {
    /// From `now` on; `first` is the size that matters most.
    pub(crate) fn new(first: u16, now: Instant) -> Self {
        Self {
            first,
            found: None,
            looks: 0,
            look: None,
            next_look: now,
            ended: None,
            closing: (0, now),
            sent: VecDeque::new(),
            longest_round_trip: None,
            controls: Controls::default(),
        }
    }

    /// The largest packet that gets through, as of the last look that came to an end.
    pub(crate) fn found(&self) -> Option<u16> {
        self.found
    }

    /// How many looks at the way came to a result.
    pub(crate) fn looks(&self) -> u64 {
        self.looks
    }

    /// Something was lost at `now` that may have been too large: the way is looked at again soon.
    pub(crate) fn suspect(&mut self, now: Instant) {
        let soon = self.ended.map_or(now, |ended| ended + AGAIN);
        self.next_look = self.next_look.min(soon);
    }

    /// The size of a probe that is to leave now, of which [`Search::sent`] is to be told at once, if there is one.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<u16> {
        self.count_overdue(now);
        if self.look.is_none() {
            let (closing, at) = self.closing;
            if closing > 0 && now >= at {
                return Some(SMALLEST);
            }
            if now < self.next_look {
                return None;
            }
            self.begin(now);
        }
        loop {
            let look = self.look.as_mut()?;
            if look.is_control_due {
                return Some(SMALLEST);
            }
            let is_settled = look.bracket.has_passed(look.bytes) || self.gives_up();
            if is_settled {
                self.settle(now);
                continue;
            }
            let needed = self.controls.needed(self.look.as_ref()?.certainty);
            let look = self.look.as_ref()?;
            if look.left >= MOST || (look.probes >= MOST_OF_SIZE && look.unanswered >= look.probes) {
                self.end(None, now);
                return None;
            }
            let may_leave = look.probes < needed.min(MOST_OF_SIZE) && now >= look.next_probe;
            return may_leave.then_some(look.bytes);
        }
    }

    /// The probe that was asked for has left, as this transaction.
    pub(crate) fn sent(&mut self, transaction: TransactionId, now: Instant) {
        let pace = self.longest_round_trip.unwrap_or_default().clamp(SHORTEST_PACE, LONGEST_PACE);
        let (bytes, is_control) = match &mut self.look {
            Some(look) => {
                look.left += 1;
                let is_control = std::mem::replace(&mut look.is_control_due, false);
                if !is_control {
                    look.probes += 1;
                    look.next_probe = now + pace;
                    look.is_control_due = true;
                }
                (if is_control { SMALLEST } else { look.bytes }, is_control)
            }
            None => {
                self.closing = (self.closing.0.saturating_sub(1), now + pace);
                (SMALLEST, true)
            }
        };
        self.sent.push_back(Sent { transaction, bytes, is_control, at: now, is_overdue: false });
    }

    /// The system did not send it, as it is too large for the interface.
    pub(crate) fn refused(&mut self, transaction: TransactionId, now: Instant) {
        let Some(place) = self.sent.iter().position(|sent| sent.transaction == transaction) else { return };
        let refused = self.sent.remove(place);
        if let (Some(refused), Some(look)) = (refused, &mut self.look) {
            look.bracket.failed(refused.bytes, Failure::Refused);
            look.is_control_due = false;
            self.settle(now);
        }
    }

    /// An answer to this transaction came, with the peer's signature; whether it was a probe's.
    pub(crate) fn answered(&mut self, transaction: TransactionId, now: Instant) -> bool {
        let Some(place) = self.sent.iter().position(|sent| sent.transaction == transaction) else {
            return false;
        };
        let Some(sent) = self.sent.remove(place) else { return false };
        let round_trip = now.saturating_duration_since(sent.at);
        self.longest_round_trip = self.longest_round_trip.max(Some(round_trip));
        if sent.is_control {
            self.controls.answered += 1;
            self.controls.lost -= u32::from(sent.is_overdue && self.controls.lost > 0);
        }
        if let Some(look) = &mut self.look {
            look.bracket.passed(sent.bytes);
        }
        true
    }

    /// Whether this transaction is a probe's that may still be answered.
    pub(crate) fn is_awaited(&self, transaction: TransactionId) -> bool {
        self.sent.iter().any(|sent| sent.transaction == transaction)
    }

    /// When [`Search::poll`] has something to do, whatever comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let Some(look) = &self.look else {
            let (closing, at) = self.closing;
            return Some(if closing > 0 { at } else { self.next_look });
        };
        let wait = self.wait();
        let overdue = self.sent.iter().find(|sent| !sent.is_overdue).map(|sent| sent.at + wait);
        let next =
            (look.probes < self.controls.needed(look.certainty).min(MOST_OF_SIZE)).then_some(look.next_probe);
        [overdue, next].into_iter().flatten().min()
    }

    fn begin(&mut self, now: Instant) {
        self.controls.age();
        let (first, second) = match self.found {
            // Whether it is what it was takes two sizes.
            Some(found) => (found, found.saturating_add(1)),
            None => (self.first, LARGEST),
        };
        self.look = Some(Look {
            bracket: Bracket::new(first, second),
            bytes: 0,
            certainty: GIVEN_UP,
            probes: 0,
            unanswered: 0,
            next_probe: now,
            is_control_due: false,
            left: 0,
        });
        self.settle(now);
    }

    /// Whether what is being tried does not get through, as far as that can be told yet.
    fn gives_up(&mut self) -> bool {
        let Some(look) = &mut self.look else { return false };
        let is_over = look.unanswered >= self.controls.needed(look.certainty);
        if is_over {
            look.bracket.failed(look.bytes, Failure::Unanswered(look.unanswered));
        }
        is_over
    }

    /// Goes on with what is to be tried next.
    fn settle(&mut self, now: Instant) {
        let Some(look) = &mut self.look else { return };
        let (bytes, certainty, before) = match look.bracket.next() {
            Next::Try(bytes) => (bytes, GIVEN_UP, 0),
            Next::Confirm(failed, unanswered) if unanswered < self.controls.needed(CERTAIN) => {
                (failed, CERTAIN, unanswered)
            }
            Next::Confirm(failed, _) => return self.end(Some(failed - 1), now),
            Next::Found(found) => return self.end(Some(found), now),
            Next::NothingPasses => return self.end(None, now),
        };
        (look.bytes, look.certainty) = (bytes, certainty);
        (look.probes, look.unanswered) = (before, before);
        look.next_probe = now;
    }

    fn end(&mut self, found: Option<u16>, now: Instant) {
        self.look = None;
        self.found = found.or(self.found);
        self.ended = Some(now);
        self.looks += u64::from(found.is_some());
        self.closing = (if found.is_some() { CLOSING } else { 0 }, now + SHORTEST_PACE);
        self.next_look = now + if found.is_some() { INTERVAL } else { AGAIN };
    }

    fn wait(&self) -> Duration {
        let wait = |round_trip: Duration| (round_trip * ROUND_TRIPS).clamp(SHORTEST_WAIT, LONGEST_WAIT);
        self.longest_round_trip.map_or(FIRST_WAIT, wait)
    }

    /// Counts what was not answered in time, and forgets what never will be.
    fn count_overdue(&mut self, now: Instant) {
        let wait = self.wait();
        for sent in self.sent.iter_mut().filter(|sent| !sent.is_overdue && now >= sent.at + wait) {
            sent.is_overdue = true;
            match &mut self.look {
                _ if sent.is_control => self.controls.lost += 1,
                Some(look) if look.bytes == sent.bytes => look.unanswered += 1,
                _ => {}
            }
        }
        while self.sent.front().is_some_and(|sent| now >= sent.at + KEPT) {
            self.sent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_is_given_up_for_one_loss_however_good_the_way_was() {
        assert_eq!(Controls { answered: 100_000, lost: 0 }.needed(GIVEN_UP), FEWEST);
        assert_eq!(Controls::default().needed(GIVEN_UP), 10, "nothing is known: one of two by chance");
        assert_eq!(Controls { answered: 66, lost: 32 }.needed(GIVEN_UP), 7, "a third");
    }
}
