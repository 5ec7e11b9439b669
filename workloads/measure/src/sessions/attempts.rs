//! Clients that signal again and again and never get media.
//!
//! Each attempt is a session of its own, given up after less time than it takes to say that a client has no media; and
//! as the hello of such a client never comes, its IP address alone shows that it is the same.

use std::{
    collections::VecDeque,
    net::IpAddr,
    time::{Duration, Instant},
};

use crate::clients::RowId;

/// A client is given so long from the end of one attempt to the next.
const PAUSE: Duration = Duration::from_secs(5);

/// Attempts that are remembered at most, the last ones.
const KEPT: usize = 1024;

#[derive(Debug)]
struct Attempt {
    address: IpAddr,
    first: Instant,
    row: RowId,
    ended: Instant,
}

impl Attempt {
    fn is_recent(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.ended) <= PAUSE
    }
}

/// The clients between two attempts.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// In the order in which they ended.
    ended: VecDeque<Attempt>,
}

impl Attempts {
    /// A client at `address` signals; answers when it did so for the first time, and which row its last attempt has.
    pub(crate) fn begin(&mut self, address: IpAddr, now: Instant) -> (Instant, Option<RowId>) {
        self.ended.retain(|attempt| attempt.is_recent(now));
        let earlier = self.ended.iter().position(|attempt| attempt.address == address);
        earlier
            .and_then(|index| self.ended.remove(index))
            .map_or((now, None), |attempt| (attempt.first, Some(attempt.row)))
    }

    /// An attempt of a client that signalled first at `first` is over, without a frame.
    pub(crate) fn end(&mut self, address: IpAddr, first: Instant, row: RowId, now: Instant) {
        if self.ended.len() == KEPT {
            self.ended.pop_front();
        }
        self.ended.push_back(Attempt { address, first, row, ended: now });
    }

    /// When the clients that may come back any moment signalled first.
    pub(crate) fn firsts(&self, now: Instant) -> impl Iterator<Item = Instant> {
        self.ended.iter().filter(move |attempt| attempt.is_recent(now)).map(|attempt| attempt.first)
    }

    /// No client comes back any more.
    pub(crate) fn clear(&mut self) {
        self.ended.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_one_address_are_distinguished_by_their_number() {
        let (address, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut attempts = Attempts::default();
        let [one, two] = [1, 2].map(RowId::of_test);
        assert_eq!(attempts.begin(address, at(0)), (at(0), None));
        attempts.end(address, at(0), one, at(8));
        attempts.end(address, at(1), two, at(9));
        assert_eq!(attempts.begin(other, at(9)), (at(9), None));
        assert_eq!(
            [9, 10, 11].map(|second| attempts.begin(address, at(second))),
            [(at(0), Some(one)), (at(1), Some(two)), (at(11), None)]
        );
        assert_eq!(attempts.firsts(at(11)).count(), 0);
    }

    #[test]
    fn whoever_stays_away_is_forgotten_and_so_are_the_first_of_very_many() {
        let (address, start) = ([10, 0, 0, 1].into(), Instant::now());
        let mut attempts = Attempts::default();
        let row = RowId::of_test(1);
        attempts.end(address, start, row, start);
        assert_eq!(attempts.firsts(start + PAUSE).count(), 1);
        let later = start + PAUSE + Duration::from_millis(1);
        assert_eq!((attempts.firsts(later).count(), attempts.begin(address, later).0), (0, later));
        (0..2 * KEPT).for_each(|_| attempts.end(address, start, row, later));
        assert_eq!(attempts.ended.len(), KEPT);
    }
}
