//! Where a connected peer's media goes: to where it was selected, until the peer has moved.
//!
//! The library never leaves the pair that it selected. When a NAT between the peer and us forgets its mapping, the peer
//! goes on from another address without knowing it: the library answers its checks there and sends everything else to
//! the old one. A peer is followed when all of this is so:
//!
//! 1. The library answered a check from the new address, so it had the signature of our description.
//! 2. A check of ours to the new address was answered from there, so nobody is sent media who does not want it
//!    (RFC 8445, section 7.2.5.2.2: only a check that succeeded makes a pair valid).
//! 3. Nothing came from the old address for [`SILENCE`], although it was checked too.
//!
//! To the library the peer stays where it was: addresses are exchanged on the way in and out.

use std::time::{Duration, Instant};

use super::route::Route;
use crate::stun::TransactionId;

/// Silence of the old address. That four checks in it are lost is rarer than one in a hundred at 20 % of loss.
const SILENCE: Duration = Duration::from_millis(200);
/// By how much the old address may be later than the new one with an answer.
const LATER: Duration = Duration::from_millis(100);
/// Between checks.
const STEP: Duration = Duration::from_millis(45);
/// Checks of a new address that does not answer; the peer's next check begins anew.
const CHECKS: u32 = 6;
/// How long a trial goes on, with checks of the old address.
const LIMIT: Duration = Duration::from_secs(1);

/// Where a peer was, and where it may be now.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// Where the library sends.
    selected: Option<Route>,
    /// Where that goes.
    current: Option<Route>,
    trial: Option<Trial>,
}

#[derive(Debug)]
struct Trial {
    route: Route,
    began: Instant,
    /// Last time that something came from the old address, at first the beginning.
    heard: Instant,
    check_at: Instant,
    checks: u32,
    /// Of the checks of both addresses.
    transactions: Vec<TransactionId>,
    /// The first time by the new address.
    answered: Option<Instant>,
}

impl Trial {
    /// When the peer is to be followed, if nothing comes from the old address any more.
    fn follow_at(&self) -> Option<Instant> {
        self.answered.map(|answered| (self.heard + SILENCE).max(answered + LATER))
    }
}

impl Path {
    /// The library sends media this way.
    pub(super) fn selected(&mut self, route: Route) {
        if self.selected != Some(route) {
            *self = Self { selected: Some(route), current: Some(route), trial: None };
        }
    }

    /// Where the peer is; `None` before media is sent to it.
    pub(super) fn current(&self) -> Option<Route> {
        self.current
    }

    /// Where something goes that the library sends to `route`.
    pub(super) fn outbound(&self, route: Route) -> Route {
        self.current.filter(|_| self.selected == Some(route)).unwrap_or(route)
    }

    /// Where something comes from, for the library, that came by `route` now.
    pub(super) fn inbound(&mut self, route: Route, now: Instant) -> Route {
        if self.current != Some(route) {
            return route;
        }
        if let Some(trial) = &mut self.trial {
            trial.heard = now;
        }
        self.selected.unwrap_or(route)
    }

    /// The library has answered a check that came by `route`.
    pub(super) fn check_answered(&mut self, route: Route, now: Instant) {
        let is_elsewhere = self.current.is_some_and(|current| current.peer != route.peer);
        let is_tried = self.trial.as_ref().is_some_and(|trial| now < trial.began + LIMIT);
        if is_elsewhere && !is_tried {
            self.trial = Some(Trial {
                route,
                began: now,
                heard: now,
                check_at: now,
                checks: 0,
                transactions: Vec::new(),
                answered: None,
            });
        }
    }

    /// What it is time to check: both ways, or the old one.
    pub(super) fn due(&self, now: Instant) -> impl Iterator<Item = Route> + use<> {
        let trial = self.trial.as_ref().filter(|trial| now >= trial.check_at);
        let new = trial.filter(|trial| trial.checks < CHECKS).map(|trial| trial.route);
        new.into_iter().chain(trial.and(self.current))
    }

    /// The checks that were [`Path::due`] had their turn, and these left.
    pub(super) fn checked(&mut self, left: impl IntoIterator<Item = TransactionId>, now: Instant) {
        if let Some(trial) = &mut self.trial {
            trial.transactions.extend(left);
            trial.checks += 1;
            trial.check_at = now + STEP;
        }
    }

    /// Whether a response that came by `route` is to one of these checks; `is_signed` looks for the peer's signature.
    pub(super) fn take_response(
        &mut self,
        route: Route,
        transaction: TransactionId,
        is_signed: impl FnOnce() -> bool,
        now: Instant,
    ) -> bool {
        let Some(trial) = &mut self.trial else { return false };
        let is_ours = trial.transactions.contains(&transaction);
        if is_ours && trial.route == route && trial.answered.is_none() && is_signed() {
            trial.answered = Some(now);
        }
        is_ours
    }

    /// Follows the peer if that is due; whence and whither.
    pub(super) fn advance(&mut self, now: Instant) -> Option<(Route, Route)> {
        let trial = self.trial.as_ref()?;
        if trial.follow_at().is_some_and(|at| now >= at) {
            let moved = (self.current?, trial.route);
            self.current = Some(trial.route);
            self.trial = None;
            return Some(moved);
        }
        if now >= trial.began + LIMIT {
            self.trial = None;
        }
        None
    }

    /// When [`Path::due`] or [`Path::advance`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let trial = self.trial.as_ref()?;
        [Some(trial.check_at), trial.follow_at(), Some(trial.began + LIMIT)].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;
