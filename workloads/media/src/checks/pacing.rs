//! When a check to an address that has not answered may leave (RFC 8445, section 14).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::budget::Budget;
use super::route::Route;
use crate::bucket::Bucket;
use crate::stun::TransactionId;

/// Checks of a session that leave at once and need no budget. A description that brings them about is longer than they
/// are, so that nobody gets more sent than they send; and a set-up on one machine or in a cluster needs no more.
const FREE: u32 = 4;
/// Further ones: a few at once, and then one per Ta, which is 50 ms where nothing else is known.
const TA: Duration = Duration::from_millis(50);
const BURST: u32 = 8;
/// What is left of the burst for checks that answer a check of the peer.
const RESERVE: u32 = 2;
/// A session that has sent no more than this goes first: it may be an honest one in a bad network.
const MODEST: u32 = 40;

/// A pair is checked again after an eighth of the time since its first check, within these bounds: a peer that takes
/// its time waits an eighth longer at most, and one that never answers costs little.
const GAP_PART: u32 = 8;
const SHORTEST_GAP: Duration = Duration::from_millis(15);
const LONGEST_GAP: Duration = Duration::from_millis(500);

/// The library asks for each pair at every tick; a pair that was not asked for this long waits no more.
const ASKED_LATELY: Duration = Duration::from_millis(120);

/// Pairs of a session (RFC 8445, section 6.1.2.5, says 100): the rest is never checked.
const MOST_PAIRS: usize = 100;
/// A pair that was not asked for this long makes room for another.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);
/// Peer addresses that have answered. One that is forgotten has to answer again.
const MOST_ANSWERED: usize = 16;
/// Requests whose responses are recognised: those of some seconds at the session's pace.
const MOST_PENDING: usize = 128;

#[derive(Debug)]
struct Pair {
    route: Route,
    asked: Instant,
    /// The first and the last check that left.
    sent: Option<(Instant, Instant)>,
    /// The peer has checked this pair: ours is due at once (RFC 8445, section 7.3.1.4).
    is_triggered: bool,
}

impl Pair {
    fn is_due(&self, now: Instant) -> bool {
        let Some((first, last)) = self.sent else { return true };
        let gap = match self.is_triggered {
            true => SHORTEST_GAP,
            false => (last.saturating_duration_since(first) / GAP_PART).clamp(SHORTEST_GAP, LONGEST_GAP),
        };
        now.saturating_duration_since(last) >= gap
    }

    fn waits_longer_than(&self, other: &Self, now: Instant) -> bool {
        now.saturating_duration_since(self.asked) <= ASKED_LATELY
            && self.is_due(now)
            && self.sent.map(|(_, last)| last) < other.sent.map(|(_, last)| last)
    }
}

/// The checks of one session.
#[derive(Debug)]
pub(crate) struct Pacing {
    bucket: Bucket,
    sent: u32,
    /// Those of peer addresses that have not answered.
    pairs: Vec<Pair>,
    pending: VecDeque<(TransactionId, SocketAddr)>,
    answered: VecDeque<SocketAddr>,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            bucket: Bucket::new(TA, BURST),
            sent: 0,
            pairs: Vec::new(),
            pending: VecDeque::new(),
            answered: VecDeque::new(),
        }
    }
}

impl Pacing {
    /// Whether this check may leave now. Where not, it is as good as lost.
    pub(crate) fn admits(
        &mut self,
        route: Route,
        transaction: TransactionId,
        budget: &Budget,
        now: Instant,
    ) -> bool {
        if self.has_answered(route.peer) {
            return true;
        }
        let Some(index) = self.pair(route, now) else { return false };
        self.pairs[index].asked = now;
        let pair = &self.pairs[index];
        let is_triggered = pair.is_triggered;
        let is_next = is_triggered || !self.pairs.iter().any(|other| other.waits_longer_than(pair, now));
        if !pair.is_due(now) || !is_next || !self.take(is_triggered, budget, now) {
            return false;
        }
        let pair = &mut self.pairs[index];
        pair.sent = Some((pair.sent.map_or(now, |(first, _)| first), now));
        pair.is_triggered = false;
        if self.pending.len() == MOST_PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back((transaction, route.peer));
        true
    }

    /// A check of the peer came.
    pub(crate) fn checked_by_peer(&mut self, route: Route) {
        if let Some(pair) = self.pairs.iter_mut().find(|pair| pair.route == route) {
            pair.is_triggered = true;
        }
    }

    /// A response came: if it is one to a check of ours from where that went, its sender is reached by what is sent
    /// there.
    pub(crate) fn answered_by_peer(&mut self, peer: SocketAddr, transaction: TransactionId) {
        if self.pending.contains(&(transaction, peer)) {
            self.pending.retain(|(_, to)| *to != peer);
            self.pairs.retain(|pair| pair.route.peer != peer);
            if self.answered.len() == MOST_ANSWERED {
                self.answered.pop_front();
            }
            self.answered.push_back(peer);
        }
    }

    /// Whether this address has answered a check of ours.
    pub(crate) fn has_answered(&self, peer: SocketAddr) -> bool {
        self.answered.contains(&peer)
    }

    fn pair(&mut self, route: Route, now: Instant) -> Option<usize> {
        if let Some(index) = self.pairs.iter().position(|pair| pair.route == route) {
            return Some(index);
        }
        let pair = Pair { route, asked: now, sent: None, is_triggered: false };
        if self.pairs.len() < MOST_PAIRS {
            self.pairs.push(pair);
            return Some(self.pairs.len() - 1);
        }
        let is_forgotten = |pair: &Pair| now.saturating_duration_since(pair.asked) > FORGOTTEN_AFTER;
        let index = self.pairs.iter().position(is_forgotten)?;
        self.pairs[index] = pair;
        Some(index)
    }

    fn take(&mut self, is_triggered: bool, budget: &Budget, now: Instant) -> bool {
        if !self.bucket.has(if is_triggered { 0 } else { RESERVE }, now) {
            return false;
        }
        let go_first = is_triggered || self.sent < MODEST;
        if self.sent >= FREE && !budget.take(go_first, now) {
            return false;
        }
        self.bucket.take(now);
        self.sent += 1;
        true
    }
}

#[cfg(test)]
mod tests;
