//! What stands between a session's connection and its sockets.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use report::{CandidatePair, PathMtu};

use super::budget::Budget;
use super::candidates::limit_candidates;
use super::ends::Ends;
use super::mtu_probes::{MtuProbe, MtuProbes};
use super::pacing::Pacing;
use super::path::Path;
use super::probe::{Prober, password};
use super::route::Route;
use super::sources::Sources;
use super::stun::{Binding, binding, is_media, is_rtp};

/// Paces a session's checks, and follows its peer. Every datagram of the session goes through it.
pub(crate) struct SessionChecks {
    locals: Vec<IpAddr>,
    pacing: Pacing,
    sources: Sources,
    path: Path,
    /// Once the peer has described itself.
    prober: Option<Prober>,
    ends: Ends,
    /// Ours, which the peer signs its checks with; once we have described ourselves.
    password: Option<String>,
    mtu: MtuProbes,
    /// Whence the newest of the peer's media came.
    media_from: Option<Route>,
    /// Something has changed of what is known of the ways.
    has_changed: bool,
    has_heard_check: bool,
}

impl SessionChecks {
    /// For a session on these local addresses.
    pub(crate) fn new(locals: impl IntoIterator<Item = IpAddr>) -> Self {
        let locals = locals.into_iter().collect();
        let (pacing, sources, path) = (Pacing::default(), Sources::default(), Path::default());
        Self {
            locals,
            pacing,
            sources,
            path,
            prober: None,
            ends: Ends::default(),
            password: None,
            mtu: MtuProbes::default(),
            media_from: None,
            has_changed: false,
            has_heard_check: false,
        }
    }

    /// The peer is told of these addresses in the place of our own.
    pub(crate) fn advertise(&mut self, addresses: &[SocketAddr]) {
        self.ends.advertise(addresses);
    }

    /// This local address is a TURN server's.
    pub(crate) fn relayed_at(&mut self, address: SocketAddr) {
        self.ends.relayed_at(address);
    }

    /// We have described ourselves so.
    pub(crate) fn local_description(&mut self, sdp: &str) {
        self.password = password(sdp);
    }

    /// The peer names another candidate.
    pub(crate) fn remote_candidate(&mut self, candidate: &str) {
        self.ends.described(candidate);
    }

    /// The peer describes itself; the same for the library, with no more candidates than it should have.
    pub(crate) fn remote_description(&mut self, sdp: &str) -> String {
        self.prober = Prober::new(sdp);
        self.ends.described(sdp);
        limit_candidates(sdp, self.locals.iter().copied())
    }

    /// Where a datagram of the library goes; `None` if it must not leave.
    pub(crate) fn outbound(
        &mut self,
        route: Route,
        datagram: &[u8],
        budget: &Budget,
        now: Instant,
    ) -> Option<Route> {
        if is_media(datagram) {
            self.path.selected(route);
            if is_rtp(datagram) {
                self.mtu.media(datagram.len());
            }
            return Some(self.path.outbound(route));
        }
        match binding(datagram) {
            Some(Binding::Request(transaction)) => {
                if let Some(prober) = &mut self.prober {
                    prober.sent_by_library(datagram);
                }
                let route = self.path.outbound(route);
                self.pacing.admits(route, transaction, budget, now).then_some(route)
            }
            Some(Binding::Success(_)) => {
                self.path.check_answered(route, now);
                Some(route)
            }
            Some(Binding::Other) | None => Some(route),
        }
    }

    /// Whether a datagram is anybody's but the search for the path's MTU: the answers to its probes are not, and neither are more
    /// probes of the peer's than it needs.
    pub(crate) fn takes(&mut self, datagram: &[u8], now: Instant) -> bool {
        if is_media(datagram) {
            return true;
        }
        let Self { mtu, prober, password, .. } = self;
        match binding(datagram) {
            Some(Binding::Request(_)) => {
                let is_for_us = || {
                    let keys = prober.as_ref().zip(password.as_ref());
                    keys.is_some_and(|(prober, own)| prober.is_signed_with(own, datagram))
                };
                mtu.takes_request(datagram, is_for_us, now)
            }
            Some(Binding::Success(transaction)) => {
                let is_signed = || prober.as_ref().is_some_and(|prober| prober.is_signed_by_peer(datagram));
                !mtu.take_response(transaction, is_signed, now)
            }
            Some(Binding::Other) | None => true,
        }
    }

    /// The peer is a program of our own: how large a packet may be to reach it is to be found out.
    pub(crate) fn measure_path_mtu(&mut self) {
        self.mtu.begin();
    }

    /// Media to the peer was lost at `now`, maybe because it is too large.
    pub(crate) fn suspect_path_mtu(&mut self, now: Instant) {
        self.mtu.suspect(now);
    }

    /// A full packet of the media that is sent has so many bytes of payload.
    pub(crate) fn full_payload(&mut self, bytes: u16) {
        self.mtu.full_payload(bytes);
    }

    /// The next probe of the path's MTU that is to leave now, in one piece or not at all.
    pub(crate) fn poll_mtu_probe(&mut self, now: Instant) -> Option<MtuProbe> {
        let Self { mtu, path, prober, ends, .. } = self;
        mtu.poll(path.current(), |route| ends.is_relayed(route), prober.as_ref()?, now)
    }

    /// A probe did not leave, as it is too large.
    pub(crate) fn mtu_probe_refused(&mut self, probe: &MtuProbe, now: Instant) {
        self.mtu.refused(probe, now);
    }

    /// The largest packet that gets to the peer, and the largest with media that was sent to it in one piece, headers included.
    pub(crate) fn path_mtu_to_peer(&self) -> (Option<u16>, Option<u16>) {
        self.mtu.sent()
    }

    /// The same of both ways for whom the peer sends media to, and the payload of a full packet of that, as the peer says.
    pub(crate) fn path_mtu_of_receiver(&self) -> (PathMtu, Option<u16>) {
        self.mtu.received()
    }

    /// When [`SessionChecks::poll_mtu_probe`] is due.
    pub(crate) fn mtu_deadline(&self) -> Option<Instant> {
        self.mtu.deadline()
    }

    /// Where a datagram came from, for the library; `None` if it is not for it.
    pub(crate) fn inbound(&mut self, route: Route, datagram: &[u8], now: Instant) -> Option<Route> {
        let seen = self.path.inbound(route, now);
        if is_media(datagram) && self.media_from != Some(route) && is_rtp(datagram) {
            self.media_from = Some(route);
            self.has_changed = true;
        }
        match binding(datagram) {
            Some(Binding::Request(_)) => {
                self.has_heard_check = true;
                self.pacing.checked_by_peer(route);
                // The answer has to name the address that the request really came from.
                self.sources.takes(route.peer, now).then_some(route)
            }
            Some(Binding::Success(transaction)) => {
                self.pacing.answered_by_peer(route.peer, transaction);
                let is_signed =
                    || self.prober.as_ref().is_some_and(|prober| prober.is_signed_by_peer(datagram));
                if is_signed() {
                    self.has_changed |= self.ends.answered(route, datagram);
                }
                let is_ours = self.path.take_response(route, transaction, is_signed, now);
                (!is_ours).then_some(seen)
            }
            Some(Binding::Other) | None => Some(seen),
        }
    }

    /// Lets the peer be followed, if it is time to; sends checks of our own with `send`.
    pub(crate) fn advance(&mut self, budget: &Budget, now: Instant, mut send: impl FnMut(Route, &[u8])) {
        if let Some((from, to)) = self.path.advance(now) {
            tracing::info!(from = %from.peer, to = %to.peer, "the peer has moved");
        }
        let mut due = self.path.due(now).peekable();
        if due.peek().is_none() {
            return;
        }
        let mut left = Vec::new();
        for route in due {
            let Some((transaction, check)) = self.prober.as_ref().and_then(Prober::check) else { continue };
            if self.pacing.admits(route, transaction, budget, now) {
                send(route, &check);
                left.push(transaction);
            }
        }
        self.path.checked(left, now);
    }

    /// A check of the way that media takes, besides those of the library; `None` before there is such a way. The answer
    /// to it is nothing to the library.
    pub(crate) fn extra_check(&self) -> Option<(Route, Vec<u8>)> {
        let (_, check) = self.prober.as_ref()?.check()?;
        Some((self.path.current()?, check))
    }

    /// The way that media to the peer takes; `None` before there is any.
    pub(crate) fn pair_to_peer(&self) -> Option<CandidatePair> {
        self.path.current().map(|route| self.ends.pair(route))
    }

    /// The way that the peer's media takes, where something has changed of it, or what is known of it, since the last call.
    pub(crate) fn take_pair_from_peer(&mut self) -> Option<CandidatePair> {
        let has_changed = std::mem::take(&mut self.has_changed);
        self.media_from.filter(|_| has_changed).map(|route| self.ends.pair(route))
    }

    /// Whether a check of the peer's has come, be it ever so wrong: that way is open.
    pub(crate) fn has_heard_check(&self) -> bool {
        self.has_heard_check
    }

    /// When [`SessionChecks::advance`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.path.deadline()
    }
}

impl fmt::Debug for SessionChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionChecks").field("path", &self.path).finish_non_exhaustive()
    }
}
