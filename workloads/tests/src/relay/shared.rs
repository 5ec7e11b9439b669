//! What the relay's threads share: the network's decisions, and the log of what came of them.

use std::collections::HashSet;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::datagram::Datagram;
use super::impaired::{Counts, Impaired};
use super::impairments::{Direction, Impairments};
use super::log::Log;
use super::network::{Decision, Network};

/// How often held signalling asks whether it may go on.
const HOLD_STEP: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) network: Network,
    state: Mutex<State>,
    impaired: Mutex<Impaired>,
    more_packets: Condvar,
    signalling: Mutex<Vec<TcpStream>>,
    stopping: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    log: Log,
    outage_ends: Option<Instant>,
    /// Packets of video that will never arrive.
    dropped_for_good: HashSet<u64>,
}

impl Shared {
    pub(super) fn new(network: Network) -> Self {
        Self {
            impaired: Mutex::new(Impaired::new(network.seed)),
            network,
            state: Mutex::default(),
            more_packets: Condvar::new(),
            signalling: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    pub(super) fn impair(&self, impairments: Impairments) {
        lock(&self.impaired).set(impairments);
    }

    pub(super) fn impairments(&self) -> Impairments {
        *lock(&self.impaired).now()
    }

    pub(super) fn counts(&self) -> Counts {
        lock(&self.impaired).counts()
    }

    /// Keeps signalling waiting while that is to be.
    pub(super) fn hold_signalling(&self) {
        while self.impairments().is_signalling_held && !self.is_stopping() {
            std::thread::sleep(HOLD_STEP);
        }
    }

    /// Decides on a datagram of so many bytes that came at `now`.
    pub(super) fn decide(
        &self,
        direction: Direction,
        datagram: Datagram,
        bytes: usize,
        now: Instant,
    ) -> Decision {
        let impaired = lock(&self.impaired).decide(direction, bytes);
        let mut state = self.state();
        let decision = match datagram {
            Datagram::Media(packet) => {
                let (number, copy) = state.log.sent(packet, bytes);
                self.more_packets.notify_all();
                state.media(&self.network, number, copy, now)
            }
            Datagram::Report => self.network.report(state.log.reports, state.log.packets()),
            Datagram::Feedback | Datagram::Other => Decision::Pass,
        };
        let decision = if state.is_out(now) { Decision::Drop } else { decision };
        let decision = if impaired == Decision::Pass { decision } else { impaired };
        state.log.decided(datagram, decision);
        decision
    }

    /// A datagram that was to pass was dropped after all, as too much waits.
    pub(super) fn overflowed(&self, direction: Direction, datagram: Datagram) {
        lock(&self.impaired).overflowed(direction);
        self.state().log.overflowed(datagram);
    }

    /// A datagram was handed to its receiver.
    pub(super) fn delivered(&self, datagram: Datagram) {
        self.state().log.delivered(datagram);
    }

    /// Waits for so many packets of video; answers how many there were at last.
    pub(super) fn wait_for_packets(&self, packets: u64, limit: Duration) -> u64 {
        let too_few = |state: &mut State| state.log.packets() < packets;
        let waited = self.more_packets.wait_timeout_while(self.state(), limit, too_few);
        waited.unwrap_or_else(PoisonError::into_inner).0.log.packets()
    }

    pub(super) fn log(&self) -> Log {
        self.state().log.clone()
    }

    /// Keeps a stream for [`Shared::stop`] to cut, so that no thread waits for a peer that hangs.
    pub(super) fn cut_at_the_end(&self, stream: TcpStream) {
        lock(&self.signalling).push(stream);
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Relaxed);
        for stream in lock(&self.signalling).drain(..) {
            // Fails where the peer has done so.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// A thread that panicked has said so, and fails the test when it is joined.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn media(&mut self, network: &Network, number: u64, copy: u32, now: Instant) -> Decision {
        if let Some(outage) = network.outage {
            if (number, copy) == (outage.at_packet, 0) {
                self.outage_ends = Some(now + outage.length);
            }
            if outage.for_good && self.is_out(now) {
                self.dropped_for_good.insert(number);
            }
        }
        if self.dropped_for_good.contains(&number) { Decision::Drop } else { network.media(number, copy) }
    }

    fn is_out(&self, now: Instant) -> bool {
        self.outage_ends.is_some_and(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::datagram::MediaPacket;
    use super::super::impairments::{Direction::ToClient, Impairment};
    use super::super::network::Outage;
    use super::*;

    fn packet(sequence_number: u16) -> Datagram {
        Datagram::Media(MediaPacket { sequence_number, timestamp: 0, marker: true })
    }

    fn outage(for_good: bool) -> Shared {
        let length = Duration::from_millis(300);
        Shared::new(Network { outage: Some(Outage { at_packet: 1, length, for_good }), ..Network::default() })
    }

    #[test]
    fn in_an_outage_nothing_is_carried_in_either_direction() {
        let (shared, start) = (outage(false), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!(shared.decide(ToClient, packet(0), 100, start), Decision::Pass);
        assert_eq!(shared.decide(ToClient, packet(1), 100, start), Decision::Drop);
        for datagram in [packet(2), Datagram::Report, Datagram::Feedback, Datagram::Other] {
            assert_eq!(shared.decide(ToClient, datagram, 100, after(299)), Decision::Drop);
        }
        assert_eq!(
            shared.decide(ToClient, packet(1), 100, after(300)),
            Decision::Pass,
            "sent again, no outage begins"
        );
        assert_eq!(shared.decide(ToClient, packet(2), 100, after(301)), Decision::Pass, "repaired");
        assert_eq!(shared.log().media_dropped, 2);
    }

    #[test]
    fn what_an_outage_takes_for_good_does_not_come_back() {
        let (shared, start) = (outage(true), Instant::now());
        let later = start + Duration::from_millis(300);
        for (number, now, decision) in [
            (0, start, Decision::Pass),
            (1, start, Decision::Drop),
            (1, later, Decision::Drop),
            (2, later, Decision::Pass),
        ] {
            assert_eq!(shared.decide(ToClient, packet(number), 100, now), decision, "{number}");
        }
    }

    #[test]
    fn an_impairment_hits_whatever_the_schedule_lets_pass_and_shows_in_the_log() {
        let (shared, now) = (Shared::new(Network::default()), Instant::now());
        assert_eq!(shared.decide(ToClient, packet(0), 100, now), Decision::Pass);
        let cut = Impairment { loss: 1.0, ..Impairment::default() };
        shared.impair(Impairments { to_client: cut, ..Impairments::default() });
        assert_eq!(shared.decide(ToClient, packet(1), 100, now), Decision::Drop);
        assert_eq!(shared.decide(Direction::ToServer, Datagram::Report, 100, now), Decision::Pass);
        shared.impair(Impairments::default());
        assert_eq!(shared.decide(ToClient, packet(2), 100, now), Decision::Pass);
        assert_eq!((shared.log().media_dropped, shared.counts().to_client.dropped), (1, 1));
    }
}
