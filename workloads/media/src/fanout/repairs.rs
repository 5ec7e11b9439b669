//! Which packets are sent again to a peer that asks for them (NACK, RFC 4585, section 6.2.1).
//!
//! A request is 4 bytes for 17 packets, and nothing keeps a peer from sending thousands (S2). So there are two limits, of
//! which an honest peer meets neither once half a second of the stream was sent:
//!
//! - A session is sent no more packets again than it was sent: each packet gives it credit for one, up to half a second of
//!   the stream. What is lost even at 30 % is asked for half as often, repetitions included.
//! - A packet is sent again only once within a round trip: until then nobody can know that the repetition was lost, too.

use std::time::{Duration, Instant};

/// Where the round trip is not known, or shorter: requests of most receivers are this far apart at least.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
/// Longer than this no receiver waits for a packet, whatever it says of the round trip.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What becomes of a request for one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Requested {
    /// The packet is asked for for the first time.
    pub(super) is_first: bool,
    /// Whether it is to be sent again now.
    pub(super) repair: Option<Repair>,
}

/// How often a packet has been sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    First,
    Further,
}

/// The requests for the newest packets of a session.
#[derive(Debug)]
pub(super) struct Repairs {
    /// By position modulo the length. Empty until the first request.
    slots: Vec<Slot>,
    /// How many packets back can be sent again.
    len: u16,
    /// How many may be sent again now.
    credit: u16,
}

/// The newest request in its place.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// The position of the packet that was asked for, plus one.
    asked: u64,
    /// When that was sent again, the last time.
    sent: Option<Instant>,
}

impl Repairs {
    /// For the newest `len` packets, at least one.
    pub(super) fn new(len: u16) -> Self {
        Self { slots: Vec::new(), len: len.max(1), credit: 0 }
    }

    /// A packet is sent for the first time.
    pub(super) fn packet(&mut self) {
        self.credit = self.credit.saturating_add(1).min(self.len);
    }

    /// The packet at `position`, counted from the first one, is asked for, when `next` are sent. One that is too old is not
    /// sent again, and one too old to tell counts as asked for before.
    pub(super) fn request(
        &mut self,
        position: u64,
        next: u64,
        round_trip: Option<Duration>,
        now: Instant,
    ) -> Requested {
        if self.slots.is_empty() {
            self.slots.resize(usize::from(self.len), Slot::default());
        }
        let index = (position % u64::from(self.len)) as usize;
        let slot = &mut self.slots[index];
        let is_first = slot.asked <= position;
        if is_first {
            *slot = Slot { asked: position + 1, sent: None };
        }
        let is_kept = slot.asked == position + 1 && next.saturating_sub(position) <= u64::from(self.len);
        let pause = round_trip.unwrap_or_default().clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let is_new = slot.sent.is_none_or(|sent| now.saturating_duration_since(sent) >= pause);
        if !is_kept || !is_new || self.credit == 0 {
            return Requested { is_first, repair: None };
        }
        self.credit -= 1;
        let before = slot.sent.replace(now);
        Requested { is_first, repair: Some(if before.is_none() { Repair::First } else { Repair::Further }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DUE: Requested = Requested { is_first: true, repair: Some(Repair::First) };
    const AGAIN: Requested = Requested { is_first: false, repair: Some(Repair::Further) };
    const NOT_DUE: Requested = Requested { is_first: false, repair: None };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn sent(len: u16, packets: usize) -> Repairs {
        let mut repairs = Repairs::new(len);
        (0..packets).for_each(|_| repairs.packet());
        repairs
    }

    #[test]
    fn each_packet_is_new_once_and_too_old_ones_are_not_sent() {
        let (now, mut repairs) = (Instant::now(), sent(4, 6));
        let mut request = |position| repairs.request(position, 6, None, now);
        assert_eq!([2, 3, 2, 5].map(&mut request), [DUE, DUE, NOT_DUE, DUE]);
        assert_eq!(request(1), NOT_DUE, "its place is taken by a newer one");
        assert_eq!(request(0), Requested { is_first: true, repair: None }, "too old");
    }

    /// A receiver that asks every 20 ms gets what it misses once per round trip, and not with every request.
    #[test]
    fn a_packet_is_sent_again_once_in_a_round_trip() {
        let (begin, mut repairs) = (Instant::now(), sent(128, 100));
        let mut due_after =
            |milliseconds, round_trip| repairs.request(7, 100, round_trip, begin + ms(milliseconds));
        assert_eq!(due_after(0, Some(ms(50))), DUE);
        assert_eq!([20, 40].map(|at| due_after(at, Some(ms(50)))), [NOT_DUE; 2]);
        assert_eq!(due_after(60, Some(ms(50))), AGAIN);
        assert_eq!([due_after(62, None), due_after(65, None)], [NOT_DUE, AGAIN]);
        assert_eq!(due_after(165, Some(ms(20_000))), AGAIN, "whatever the peer claims");
    }

    /// S2: one packet with 8,500 requests.
    #[test]
    fn no_more_is_sent_again_than_was_sent() {
        let (now, mut repairs) = (Instant::now(), sent(128, 20));
        let asked = |repairs: &mut Repairs, now, next| {
            (0..8500).filter(|n| repairs.request(n % next, next, None, now).repair.is_some()).count()
        };
        assert_eq!(asked(&mut repairs, now, 20), 20);
        assert_eq!(asked(&mut repairs, now + ms(50), 20), 0);
        (0..1000).for_each(|_| repairs.packet());
        assert_eq!(asked(&mut repairs, now + ms(100), 1020), 128);
    }

    proptest! {
        /// After half a second 10 or 30 % of all packets are lost, repetitions too, and what is missing is asked for every 20 ms:
        /// no request is ever refused but within a round trip of the last repetition. (Before that there is credit for as many as
        /// were sent, and of the first 20 packets and their repetitions more may be lost than that.)
        #[test]
        fn what_is_lost_is_always_sent_again(
            seed in any::<u64>(),
            percent in prop::sample::select(vec![10, 30]),
            frame in 1..6_u64,
            round_trip in 5..60_u64,
        ) {
            let mut random = seed;
            let mut is_lost = || {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) % 100 < percent
            };
            let (begin, mut repairs, mut next) = (Instant::now(), sent(128, 128), 128);
            let mut missing: Vec<(u64, Option<u64>)> = Vec::new();
            for tick in 0..3000 {
                if tick % 3 == 0 {
                    // Every tenth frame is a keyframe.
                    for _ in 0..if tick % 30 == 0 { 20 } else { frame } {
                        repairs.packet();
                        if is_lost() {
                            missing.push((next, None));
                        }
                        next += 1;
                    }
                }
                if tick % 2 == 0 {
                    missing.retain_mut(|(position, sent)| {
                        let requested = repairs.request(*position, next, Some(ms(round_trip)), begin + ms(tick * 10));
                        let is_within = sent.is_some_and(|sent| tick * 10 < sent + round_trip);
                        let is_too_old = next - *position > 128;
                        assert_eq!(requested.repair.is_none(), is_within || is_too_old, "{position} of {next}");
                        *sent = requested.repair.map_or(*sent, |_| Some(tick * 10));
                        !is_too_old && (requested.repair.is_none() || is_lost())
                    });
                }
            }
        }
    }
}
