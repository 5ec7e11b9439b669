//! How one stream arrives: the statistics of RFC 3550, appendix A.

use std::time::{Duration, Instant};

use rtc::rtcp::reception_report::ReceptionReport;

/// Ticks of video time in a second.
const CLOCK_RATE: f64 = 90_000.0;
/// A packet so far ahead is of a new run of numbers; one so far behind is a late one (`MAX_DROPOUT` and
/// `MAX_MISORDER` of appendix A.1, the latter for retransmissions).
const MAX_AHEAD: u16 = 3000;
const MAX_BEHIND: u16 = 4096;

/// The stream that packets come of at present.
#[derive(Debug)]
pub(super) struct Reception {
    stream: Option<Stream>,
    /// Of the streams before.
    lost_before: i64,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    /// The number of the first packet, and the highest one with the wrap-arounds above its 16 bits.
    first: u64,
    highest: u64,
    received: u64,
    /// The number that follows a packet from elsewhere: if it comes next, the sender has begun anew.
    elsewhere: Option<u16>,
    transit: Option<Transit>,
    jitter: f64,
    sender_report: Option<(u32, Instant)>,
    /// Expected and received at the last report.
    reported: (u64, u64),
}

/// A packet, to compare the next one with.
#[derive(Debug, Clone, Copy)]
struct Transit {
    arrived: Instant,
    timestamp: u32,
}

impl Reception {
    /// Nothing has come yet.
    pub(super) fn new() -> Self {
        Self { stream: None, lost_before: 0 }
    }

    /// An RTP packet came at `now`.
    pub(super) fn packet(&mut self, ssrc: u32, sequence_number: u16, timestamp: u32, now: Instant) {
        let belongs = |stream: &mut Stream| stream.packet(sequence_number, timestamp, now);
        let stream = self.stream.as_mut().filter(|stream| stream.ssrc == ssrc);
        if !stream.is_some_and(belongs) {
            self.lost_before = self.lost();
            self.stream = Some(Stream::new(ssrc, sequence_number, timestamp, now));
        }
    }

    /// A sender report with this NTP time came at `now`.
    pub(super) fn sender_report(&mut self, ssrc: u32, ntp_time: u64, now: Instant) {
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.ssrc == ssrc) {
            stream.sender_report = Some(((ntp_time >> 16) as u32, now));
        }
    }

    /// Packets that were expected and did not come, less those that came twice (appendix A.3).
    pub(super) fn lost(&self) -> i64 {
        let of_stream = |stream: &Stream| stream.expected().cast_signed() - stream.received.cast_signed();
        self.lost_before + self.stream.as_ref().map_or(0, of_stream)
    }

    /// Interarrival jitter (appendix A.8).
    pub(super) fn jitter(&self) -> Duration {
        let ticks = self.stream.as_ref().map_or(0.0, |stream| stream.jitter);
        Duration::from_secs_f64(ticks / CLOCK_RATE)
    }

    /// What a receiver report at `now` is to say; the next one says what is lost since. Packets that are `awaited`, as they may
    /// come again, are not lost yet.
    pub(super) fn report(&mut self, awaited: usize, now: Instant) -> Option<ReceptionReport> {
        self.stream.as_mut().map(|stream| stream.report(awaited, now))
    }
}

impl Stream {
    fn new(ssrc: u32, sequence_number: u16, timestamp: u32, now: Instant) -> Self {
        // A whole turn from zero: packets that the first one overtook are before it.
        let first = (1 << 16) + u64::from(sequence_number);
        Self {
            ssrc,
            first,
            highest: first,
            received: 1,
            elsewhere: None,
            transit: Some(Transit { arrived: now, timestamp }),
            jitter: 0.0,
            sender_report: None,
            reported: (0, 0),
        }
    }

    fn expected(&self) -> u64 {
        self.highest - self.first + 1
    }

    /// Takes a packet in; false where it begins a new run of numbers.
    fn packet(&mut self, sequence_number: u16, timestamp: u32, now: Instant) -> bool {
        let ahead = sequence_number.wrapping_sub(self.highest as u16);
        let behind = (self.highest as u16).wrapping_sub(sequence_number);
        if (1..MAX_AHEAD).contains(&ahead) {
            self.highest += u64::from(ahead);
            self.arrived(timestamp, now);
        } else if behind <= MAX_BEHIND {
            // One that was overtaken, repeated or sent again: when it comes says nothing of the network's jitter.
            self.first = self.first.min(self.highest - u64::from(behind));
        } else {
            let begins_anew = self.elsewhere == Some(sequence_number);
            self.elsewhere = Some(sequence_number.wrapping_add(1));
            return !begins_anew;
        }
        self.elsewhere = None;
        self.received += 1;
        true
    }

    /// Updates the jitter by the packet that is now the newest.
    fn arrived(&mut self, timestamp: u32, now: Instant) {
        let this = Transit { arrived: now, timestamp };
        if let Some(last) = self.transit.replace(this) {
            let arrival = now.saturating_duration_since(last.arrived).as_secs_f64() * CLOCK_RATE;
            let sending = f64::from(timestamp.wrapping_sub(last.timestamp).cast_signed());
            self.jitter += ((arrival - sending).abs() - self.jitter) / 16.0;
        }
    }

    fn report(&mut self, awaited: usize, now: Instant) -> ReceptionReport {
        let expected = self.expected();
        let (expected_before, received_before) =
            std::mem::replace(&mut self.reported, (expected, self.received));
        let interval = expected.saturating_sub(expected_before);
        let lost = interval.saturating_sub(self.received - received_before);
        let fraction = (lost * 256).checked_div(interval).map_or(0, |fraction| fraction.min(255));
        let awaited = (awaited as u64).cast_signed();
        let total = expected.cast_signed() - self.received.cast_signed() - awaited;
        let total = total.clamp(-0x80_0000, 0x7f_ffff);
        let (last_sender_report, delay) = match self.sender_report {
            // In ticks of 1/65536 s.
            Some((sent, arrived)) => {
                (sent, (now.saturating_duration_since(arrived).as_micros() * 65_536 / 1_000_000) as u32)
            }
            None => (0, 0),
        };
        ReceptionReport {
            ssrc: self.ssrc,
            fraction_lost: fraction as u8,
            // 24 bits, with a sign.
            total_lost: (total as u32) & 0x00ff_ffff,
            last_sequence_number: (self.highest - (1 << 16)) as u32,
            jitter: self.jitter as u32,
            last_sender_report,
            delay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSRC: u32 = 9;

    /// Takes in packets with these numbers, one frame of 33 ms each, in this order.
    fn received(numbers: impl IntoIterator<Item = u32>) -> (Reception, Instant) {
        let (mut reception, start) = (Reception::new(), Instant::now());
        let mut now = start;
        for number in numbers {
            now += Duration::from_millis(33);
            reception.packet(SSRC, number as u16, number.wrapping_mul(2970), now);
        }
        (reception, now)
    }

    #[test]
    fn nothing_is_reported_before_the_first_packet() {
        let (mut reception, now) = received([]);
        assert_eq!((reception.lost(), reception.report(0, now)), (0, None));
    }

    #[test]
    fn losses_are_counted_over_a_wrap_around_and_repairs_undo_them() {
        // Of 65530..=65549 three are missing, one of which comes late.
        let (mut reception, now) =
            received((65_530..65_550).filter(|n| ![65_535, 65_536, 65_540].contains(n)));
        assert_eq!(reception.lost(), 3);
        reception.packet(SSRC, 0, 0, now);
        assert_eq!(reception.lost(), 2);
        let report = reception.report(0, now).expect("there is a stream");
        assert_eq!(report.last_sequence_number, 65_549);
        assert_eq!((report.total_lost, report.fraction_lost), (2, (2 * 256 / 20) as u8));
        let report = reception.report(0, now).expect("there is a stream");
        assert_eq!((report.total_lost, report.fraction_lost), (2, 0), "nothing was lost since");
    }

    /// Of a stream of which a tenth is lost and repaired some are missing at any time, and none is ever given up.
    #[test]
    fn what_may_come_again_is_not_lost_yet() {
        let (mut reception, now) = received((0..100).filter(|n| ![7, 97, 98].contains(n)));
        let report = reception.report(2, now).expect("there is a stream");
        assert_eq!((report.total_lost, reception.lost()), (1, 3));
    }

    #[test]
    fn what_comes_twice_counts_against_what_is_lost_and_what_was_overtaken_is_none() {
        let (mut reception, now) = received([5, 4, 6, 7, 7, 7]);
        assert_eq!(reception.lost(), -2);
        let report = reception.report(0, now).expect("there is a stream");
        assert_eq!((report.total_lost, report.fraction_lost), (0x00ff_fffe, 0));
    }

    #[test]
    fn jitter_is_that_of_the_standard_and_repairs_do_not_count() {
        let (mut reception, mut now) = received(0..100);
        assert!(reception.jitter() < Duration::from_micros(1), "{:?}", reception.jitter());
        now += Duration::from_millis(33 + 16);
        reception.packet(SSRC, 100, 100 * 2970, now);
        let jitter = reception.jitter();
        assert!(jitter.abs_diff(Duration::from_millis(1)) < Duration::from_micros(1), "{jitter:?}");
        reception.packet(SSRC, 50, 50 * 2970, now + Duration::from_secs(1));
        assert_eq!(reception.jitter(), jitter);
    }

    #[test]
    fn timestamps_wrap_without_a_trace_in_the_jitter() {
        let (mut reception, mut now) = (Reception::new(), Instant::now());
        for n in 0..10_u32 {
            reception.packet(SSRC, n as u16, (u32::MAX - 9000).wrapping_add(n * 2970), now);
            now += Duration::from_millis(33);
        }
        assert!(reception.jitter() < Duration::from_micros(1), "{:?}", reception.jitter());
    }

    #[test]
    fn a_report_names_the_last_sender_report_and_its_age() {
        let (mut reception, now) = received(0..3);
        reception.sender_report(SSRC + 1, 1 << 40, now);
        reception.sender_report(SSRC, 0x1111_2222_3333_4444, now);
        let report = reception.report(0, now + Duration::from_millis(250)).expect("there is a stream");
        assert_eq!((report.last_sender_report, report.delay), (0x2222_3333, 16_384));
    }

    #[test]
    fn another_stream_or_run_of_numbers_begins_anew_and_keeps_what_was_lost() {
        let (mut reception, now) = received([1, 2, 4]);
        reception.packet(SSRC, 30_000, 0, now);
        reception.packet(SSRC, 30_001, 0, now);
        reception.packet(SSRC, 30_003, 0, now);
        assert_eq!(reception.lost(), 2);
        reception.packet(SSRC + 1, 7, 0, now);
        assert_eq!(reception.lost(), 2);
        let report = reception.report(0, now).expect("there is a stream");
        assert_eq!((report.ssrc, report.total_lost, report.last_sequence_number), (SSRC + 1, 0, 7));
    }
}
