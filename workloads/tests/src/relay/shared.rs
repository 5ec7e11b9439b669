//! What the relay's threads share: the network's decisions, and the log of what came of them.

use std::collections::HashSet;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::datagram::Datagram;
use super::log::Log;
use super::network::{Decision, Network};

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) network: Network,
    state: Mutex<State>,
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
            network,
            state: Mutex::default(),
            more_packets: Condvar::new(),
            signalling: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// Decides on a datagram of so many bytes that came at `now`.
    pub(super) fn decide(&self, datagram: Datagram, bytes: usize, now: Instant) -> Decision {
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
        state.log.decided(datagram, decision);
        decision
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
        assert_eq!(shared.decide(packet(0), 100, start), Decision::Pass);
        assert_eq!(shared.decide(packet(1), 100, start), Decision::Drop);
        for datagram in [packet(2), Datagram::Report, Datagram::Feedback, Datagram::Other] {
            assert_eq!(shared.decide(datagram, 100, after(299)), Decision::Drop);
        }
        assert_eq!(shared.decide(packet(1), 100, after(300)), Decision::Pass, "sent again, no outage begins");
        assert_eq!(shared.decide(packet(2), 100, after(301)), Decision::Pass, "repaired");
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
            assert_eq!(shared.decide(packet(number), 100, now), decision, "{number}");
        }
    }
}
