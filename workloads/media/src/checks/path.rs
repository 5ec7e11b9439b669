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
use super::stun::TransactionId;

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
mod tests {
    use super::*;

    fn route(port: u16) -> Route {
        let local = "127.0.0.1:5000".parse().unwrap();
        Route { local, peer: std::net::SocketAddr::new([127, 0, 0, 1].into(), port) }
    }

    const OLD: u16 = 1;
    const NEW: u16 = 2;

    /// A path with a trial of the new address, of which so many milliseconds pass; with `answers` of either address.
    fn tried(old_answers: bool, new_answers: bool, is_signed: bool) -> (Path, Option<Duration>) {
        let (start, mut path) = (Instant::now(), Path::default());
        path.selected(route(OLD));
        path.check_answered(route(NEW), start);
        let mut moved = None;
        for milliseconds in 0..2000_u64 {
            let now = start + Duration::from_millis(milliseconds);
            let id = [milliseconds as u8; 12];
            let due: Vec<_> = path.due(now).collect();
            if !due.is_empty() {
                path.checked([id], now);
            }
            for route in due {
                if new_answers && route.peer.port() == NEW {
                    path.take_response(route, id, || is_signed, now);
                }
                if old_answers && route.peer.port() == OLD {
                    path.inbound(route, now);
                }
            }
            if let Some(ways) = path.advance(now) {
                assert_eq!((ways, moved), ((route(OLD), route(NEW)), None));
                moved = Some(Duration::from_millis(milliseconds));
            }
        }
        assert_eq!(path.deadline(), None, "a trial ends");
        (path, moved)
    }

    /// L7.
    #[test]
    fn a_peer_is_followed_to_where_it_answers_once_its_old_address_is_silent() {
        let (mut path, moved) = tried(false, true, true);
        assert_eq!(moved, Some(SILENCE));
        assert_eq!(path.outbound(route(OLD)), route(NEW));
        assert_eq!(path.inbound(route(NEW), Instant::now()), route(OLD), "to the library it has not moved");
        path.selected(route(OLD));
        assert_eq!(path.outbound(route(OLD)), route(NEW), "further media changes nothing");
        path.selected(route(3));
        assert_eq!(path.outbound(route(3)), route(3), "the library has another pair");
    }

    #[test]
    fn nobody_is_followed_who_does_not_answer_with_a_signature_or_is_still_where_it_was() {
        for (old, new, signed) in [(true, true, true), (false, false, true), (false, true, false)] {
            let (path, moved) = tried(old, new, signed);
            assert_eq!((moved, path.outbound(route(OLD))), (None, route(OLD)), "{old} {new} {signed}");
        }
    }

    #[test]
    fn an_old_address_that_is_far_away_has_its_time_to_answer() {
        let (now, mut path, far) = (Instant::now(), Path::default(), Duration::from_millis(300));
        path.selected(route(OLD));
        path.check_answered(route(NEW), now);
        path.checked([[1; 12]], now);
        path.take_response(route(NEW), [1; 12], || true, now + far);
        assert_eq!(path.advance(now + far), None);
        path.inbound(route(OLD), now + far);
        assert_eq!(path.advance(now + far + LATER), None);
    }

    #[test]
    fn an_answer_from_elsewhere_or_to_no_check_of_ours_is_none() {
        let (now, mut path) = (Instant::now(), Path::default());
        path.selected(route(OLD));
        path.check_answered(route(NEW), now);
        path.checked([[1; 12]], now);
        path.take_response(route(3), [1; 12], || true, now);
        path.take_response(route(NEW), [2; 12], || true, now);
        assert_eq!(path.advance(now + SILENCE), None);
    }

    #[test]
    fn a_check_from_where_the_peer_is_or_before_it_is_connected_begins_nothing() {
        let (now, mut path) = (Instant::now(), Path::default());
        path.check_answered(route(NEW), now);
        assert_eq!(path.deadline(), None);
        path.selected(route(OLD));
        path.check_answered(route(OLD), now);
        assert_eq!(path.deadline(), None);
    }

    #[test]
    fn few_checks_go_to_an_address_that_does_not_answer() {
        let (start, mut path, mut checks) = (Instant::now(), Path::default(), 0);
        path.selected(route(OLD));
        for milliseconds in 0..10_000 {
            let now = start + Duration::from_millis(milliseconds);
            path.check_answered(route(NEW), now);
            let due: Vec<_> = path.due(now).collect();
            if !due.is_empty() {
                path.checked([[0; 12]], now);
            }
            checks += due.iter().filter(|due| due.peer.port() == NEW).count();
            path.advance(now);
        }
        assert!(checks <= 10 * CHECKS as usize, "{checks}");
    }
}
