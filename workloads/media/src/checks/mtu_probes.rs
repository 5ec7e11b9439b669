//! The probes of the path's MTU that a session sends and gets.

use std::time::{Duration, Instant};

use report::PathMtu;

use super::one_piece::OnePiece;
use super::probe::Prober;
use super::route::Route;
use crate::bucket::Bucket;
use crate::path_mtu::{ATTRIBUTE, Known, Note, Search};
use crate::stun::{TransactionId, attributes};

/// Probes of the peer's that are answered: as many as its search sends at its fastest. Whoever sends more has them lost.
const AT_ONCE: u32 = 100;
const INTERVAL: Duration = Duration::from_millis(8);

/// What is tried first where no media has been sent yet: more than any datagram of a set-up, and what every IPv6 path carries.
const FIRST: u16 = 1280;

/// Headers of UDP and IP, without options.
const fn headers(is_ipv4: bool) -> u16 {
    if is_ipv4 { 8 + 20 } else { 8 + 40 }
}

/// A probe that is to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MtuProbe {
    pub(crate) route: Route,
    pub(crate) datagram: Vec<u8>,
    pub(crate) transaction: TransactionId,
    /// What the system knows counts where that is what is asked for.
    pub(crate) known: Known,
}

/// Both directions of one session.
#[derive(Debug)]
pub(super) struct MtuProbes {
    is_wanted: bool,
    /// The search, and the way that it is about; none by way of a relay.
    search: Option<(Route, Option<Search>)>,
    /// The payload of a full packet of the media that is sent.
    full_payload: Option<u16>,
    /// The longest datagram with media that was sent, without headers.
    longest_media: usize,
    /// What leaves in one piece.
    one_piece: OnePiece,
    /// What the peer said last.
    heard: Note,
    answered: Bucket,
}

impl Default for MtuProbes {
    fn default() -> Self {
        Self {
            is_wanted: false,
            search: None,
            full_payload: None,
            longest_media: 0,
            one_piece: OnePiece::default(),
            heard: Note::default(),
            answered: Bucket::new(INTERVAL, AT_ONCE),
        }
    }
}

impl MtuProbes {
    /// The peer is one of our own.
    pub(super) fn begin(&mut self) {
        self.is_wanted = true;
    }

    /// A full packet of the media that is sent has so many bytes of payload.
    pub(super) fn full_payload(&mut self, bytes: u16) {
        self.full_payload = Some(bytes);
    }

    /// A datagram with media is sent.
    pub(super) fn media(&mut self, length: usize) {
        self.longest_media = self.longest_media.max(length);
    }

    /// The next probe that is to leave by the way that media takes, if that is known. What a relay adds to a datagram and does
    /// with its flags is the relay's to know: of a way by one nothing is said.
    pub(super) fn poll(
        &mut self,
        current: Option<Route>,
        is_relayed: impl FnOnce(Route) -> bool,
        prober: &Prober,
        now: Instant,
    ) -> Option<MtuProbe> {
        let route = current.filter(|_| self.is_wanted && prober.is_ready())?;
        let headers = headers(route.peer.is_ipv4());
        let largest_sent = self.largest_sent(route);
        if self.search.as_ref().is_none_or(|(of, _)| *of != route) {
            let search = || Search::new(largest_sent.unwrap_or(FIRST), now);
            self.search = Some((route, (!is_relayed(route)).then(search)));
            self.one_piece = OnePiece::default();
        }
        if let Some(question) = self.question(route, prober) {
            return Some(question);
        }
        let search = self.search_mut()?;
        let bytes = search.poll(now)?;
        let (path_mtu, largest_sent) = self.sent();
        let note = Note { path_mtu, largest_sent, full_payload: self.full_payload };
        let (transaction, datagram) = prober.padded_check(usize::from(bytes - headers), note)?;
        self.search_mut()?.sent(transaction, now);
        Some(MtuProbe { route, datagram, transaction, known: Known::IsIgnored })
    }

    /// After each look that found less than media needs: a probe that only leaves where the system does so in one piece.
    fn question(&mut self, route: Route, prober: &Prober) -> Option<MtuProbe> {
        let search = self.search()?;
        let (found, looks) = (search.found()?, search.looks());
        let bytes = self.one_piece.ask(found, self.largest_sent(route)?, looks)?;
        let headers = headers(route.peer.is_ipv4());
        let (transaction, datagram) = prober.padded_check(usize::from(bytes - headers), Note::default())?;
        Some(MtuProbe { route, datagram, transaction, known: Known::Counts })
    }

    /// Media was lost at `now`.
    pub(super) fn suspect(&mut self, now: Instant) {
        if let Some(search) = self.search_mut() {
            search.suspect(now);
        }
    }

    /// The system refuses to send a probe, as it is too large.
    pub(super) fn refused(&mut self, probe: &MtuProbe, now: Instant) {
        match probe.known {
            Known::Counts => self.one_piece.refused(),
            Known::IsIgnored => {
                if let Some(search) = self.search_mut() {
                    search.refused(probe.transaction, now);
                }
            }
        }
    }

    /// Whether a response to this transaction is to a probe; `is_signed` looks for the peer's signature.
    pub(super) fn take_response(
        &mut self,
        transaction: TransactionId,
        is_signed: impl FnOnce() -> bool,
        now: Instant,
    ) -> bool {
        let Some(search) = self.search_mut() else { return false };
        if !search.is_awaited(transaction) {
            return false;
        }
        if is_signed() {
            search.answered(transaction, now);
        }
        true
    }

    /// Whether a request of the peer's may be answered: of its probes as many as it needs. `is_signed` looks whether it is for us.
    pub(super) fn takes_request(
        &mut self,
        request: &[u8],
        is_signed: impl FnOnce() -> bool,
        now: Instant,
    ) -> bool {
        let Some((_, value)) = attributes(request).find(|(kind, _)| *kind == ATTRIBUTE) else { return true };
        if !self.answered.has(0, now) {
            return false;
        }
        self.answered.take(now);
        if let Some(note) = Note::read(value).filter(|_| is_signed()) {
            self.heard = note;
        }
        true
    }

    /// What is known of the way to the peer, and the largest packet with media that was sent to it in one piece.
    pub(super) fn sent(&self) -> (Option<u16>, Option<u16>) {
        let found = self.search().and_then(Search::found);
        // What is larger than the interface takes was asked for only once something was found.
        let largest =
            self.search.as_ref().filter(|_| found.is_some()).and_then(|(route, _)| self.largest_sent(*route));
        (found, largest.map(|largest| self.one_piece.limit().map_or(largest, |limit| largest.min(limit))))
    }

    /// What a receiver of media knows of both ways, and the payload of a full packet.
    pub(super) fn received(&self) -> (PathMtu, Option<u16>) {
        let Note { path_mtu, largest_sent, full_payload } = self.heard;
        let to_server = self.search().and_then(Search::found);
        (PathMtu { to_client: path_mtu, to_server, largest_packet: largest_sent }, full_payload)
    }

    /// When a probe is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.search().and_then(Search::deadline)
    }

    fn search(&self) -> Option<&Search> {
        self.search.as_ref()?.1.as_ref()
    }

    fn search_mut(&mut self) -> Option<&mut Search> {
        self.search.as_mut()?.1.as_mut()
    }

    fn largest_sent(&self, route: Route) -> Option<u16> {
        let bytes = u16::try_from(self.longest_media).ok().filter(|bytes| *bytes > 0)?;
        bytes.checked_add(headers(route.peer.is_ipv4()))
    }
}

#[cfg(test)]
mod tests {
    use rtc::stun::attributes::{ATTR_ICE_CONTROLLED, ATTR_USERNAME};
    use rtc::stun::message::{BINDING_REQUEST, Message};

    use super::*;

    const SDP: &str = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";

    fn prober() -> Prober {
        let mut prober = Prober::new(SDP).unwrap();
        let mut library = Message::new();
        library.set_type(BINDING_REQUEST);
        library.write_header();
        library.add(ATTR_USERNAME, b"abcd:mine");
        library.add(ATTR_ICE_CONTROLLED, &[7; 8]);
        prober.sent_by_library(&library.raw);
        prober
    }

    fn route(peer: &str) -> Route {
        Route { local: "10.0.0.1:8082".parse().unwrap(), peer: peer.parse().unwrap() }
    }

    /// A peer that is one of ours, or is not, and what happens to its probes.
    struct World {
        now: Instant,
        probes: MtuProbes,
        prober: Prober,
        route: Route,
        is_relayed: bool,
        /// The system knows that the way carries no more.
        known: usize,
    }

    impl World {
        fn new() -> Self {
            let (now, route) = (Instant::now(), route("10.0.0.2:5000"));
            let mut probes = MtuProbes::default();
            probes.begin();
            Self { now, probes, prober: prober(), route, is_relayed: false, known: 1500 }
        }

        /// Lets some seconds pass on a way that carries so much, where answers have a signature or not.
        fn pass(&mut self, seconds: u64, edge: usize, is_signed: bool) -> usize {
            let (end, mut sent) = (self.now + Duration::from_secs(seconds), 0);
            while self.now < end {
                let Self { now, probes, prober, route, is_relayed, .. } = self;
                while let Some(probe) = probes.poll(Some(*route), |_| *is_relayed, prober, *now) {
                    sent += 1;
                    let packet = probe.datagram.len() + 28;
                    let limit = if probe.known == Known::Counts { self.known } else { 1500 };
                    if packet > limit {
                        probes.refused(&probe, *now);
                    } else if packet <= edge {
                        assert!(probes.take_response(probe.transaction, || is_signed, *now));
                    }
                }
                self.now += Duration::from_millis(5);
            }
            sent
        }
    }

    #[test]
    fn a_way_is_searched_for_our_own_programs_alone_and_by_no_relay() {
        let mut world = World::new();
        world.probes = MtuProbes::default();
        assert_eq!((world.pass(5, 1500, true), world.probes.sent()), (0, (None, None)));
        world.probes.begin();
        world.is_relayed = true;
        assert_eq!((world.pass(5, 1500, true), world.probes.deadline()), (0, None));
        // A way that is none by a relay.
        (world.is_relayed, world.route) = (false, route("10.0.0.3:5000"));
        assert!(world.pass(5, 1450, true) > 10);
        assert_eq!(world.probes.sent().0, Some(1450));
        // What was found is of no other way.
        world.route = route("10.0.0.4:5000");
        world.pass(0, 0, true);
        world.probes.poll(Some(world.route), |_| false, &world.prober, world.now);
        assert_eq!(world.probes.sent().0, None);
    }

    #[test]
    fn answers_that_nobody_signed_are_none() {
        let mut world = World::new();
        world.pass(20, 1500, false);
        assert_eq!(world.probes.sent().0, None);
        assert!(!world.probes.take_response([0; 12], || true, world.now), "nothing that was asked");
    }

    /// What the system cuts into pieces does not vanish.
    #[test]
    fn where_the_system_knows_the_way_media_leaves_in_pieces() {
        let mut world = World::new();
        world.probes.media(1210);
        world.pass(5, 1000, true);
        assert_eq!(world.probes.sent(), (Some(1000), Some(1238)));
        world.known = 1000;
        world.pass(70, 1000, true);
        assert_eq!(world.probes.sent(), (Some(1000), Some(1000)));
        // It has forgotten: routers say so for some minutes.
        world.known = 1500;
        world.pass(70, 1000, true);
        assert_eq!(world.probes.sent(), (Some(1000), Some(1238)));
    }

    #[test]
    fn what_a_probe_says_counts_where_it_is_signed_and_few_of_many_are_answered() {
        let (prober, now) = (prober(), Instant::now());
        let note = Note { path_mtu: Some(1400), largest_sent: Some(1238), full_payload: Some(1188) };
        let (_, probe) = prober.padded_check(300, note).unwrap();
        let mut probes = MtuProbes::default();
        assert!(probes.takes_request(&probe, || false, now));
        assert_eq!(probes.received(), (PathMtu::default(), None));
        assert!(probes.takes_request(&probe, || true, now));
        let known = PathMtu { to_client: Some(1400), to_server: None, largest_packet: Some(1238) };
        assert_eq!(probes.received(), (known, Some(1188)));
        let taken = (0..10_000).filter(|_| probes.takes_request(&probe, || true, now)).count();
        assert_eq!(taken, AT_ONCE as usize - 2);
        let (_, check) = prober.check().unwrap();
        assert!((0..1000).all(|_| probes.takes_request(&check, || true, now)), "checks are no probes");
    }
}
