//! What became of a session's packets, by RTCP in both directions (RFC 3550, section 6.4).

use std::time::{Duration, Instant};

use report::NetworkSample;
use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::shared::time::SystemInstant;

use super::repairs::{Repair, Repairs};

/// Sender reports go out this often, with the frames.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// What a peer makes to be longer than this is no round trip.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(30);
const CLOCK_RATE: u64 = 90_000;

/// Counts what is sent to one peer and what it says of it.
#[derive(Debug)]
pub(super) struct Transmission {
    ssrc: u32,
    /// The sequence number of the next packet.
    next: u16,
    octets_sent: u32,
    report_at: Option<Instant>,
    clock: SystemInstant,
    repairs: Repairs,
    /// What is to be sent again, as the number of packets that were sent before each.
    due: Vec<u64>,
    sample: NetworkSample,
}

impl Transmission {
    /// Nothing is sent yet; `first` will be the first packet's number. The last `repairable` packets can be sent again.
    pub(super) fn new(ssrc: u32, first: u16, repairable: u16, now: Instant) -> Self {
        Self {
            ssrc,
            next: first,
            octets_sent: 0,
            report_at: None,
            clock: SystemInstant::now(now),
            repairs: Repairs::new(repairable),
            due: Vec::new(),
            sample: NetworkSample::default(),
        }
    }

    /// A packet with so many octets of payload is sent; answers its sequence number.
    pub(super) fn packet(&mut self, octets: usize) -> u16 {
        let sequence_number = self.next;
        self.next = sequence_number.wrapping_add(1);
        self.octets_sent = self.octets_sent.wrapping_add(octets as u32);
        self.sample.packets_sent += 1;
        self.repairs.packet();
        sequence_number
    }

    /// How many packets were sent, each counted once.
    pub(super) fn packets(&self) -> u64 {
        self.sample.packets_sent
    }

    /// The sequence number of the packet before which so many others were sent.
    pub(super) fn sequence_number(&self, position: u64) -> u16 {
        // Numbers are the lower 16 bits of a count.
        self.next.wrapping_sub(self.sample.packets_sent.wrapping_sub(position) as u16)
    }

    /// The packets that are to be sent again, as what [`Transmission::sequence_number`] takes.
    pub(super) fn take_due(&mut self) -> std::vec::Drain<'_, u64> {
        self.due.drain(..)
    }

    /// A frame was sent, of which the RTP timestamp is `timestamp`; answers with the report that is to follow it, if one
    /// is due.
    pub(super) fn frame(&mut self, timestamp: u32, keyframe: bool, now: Instant) -> Option<SenderReport> {
        self.sample.key_frames_sent += u64::from(keyframe);
        if self.report_at.is_some_and(|at| now < at) {
            return None;
        }
        self.report_at = Some(now + REPORT_INTERVAL);
        Some(SenderReport {
            ssrc: self.ssrc,
            ntp_time: self.clock.ntp(now),
            rtp_time: timestamp,
            packet_count: self.sample.packets_sent as u32,
            octet_count: self.octets_sent,
            ..Default::default()
        })
    }

    /// The peer sent this at `now`.
    pub(super) fn feedback(&mut self, packet: &dyn Packet, now: Instant) {
        let packet = packet.as_any();
        if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
            if nack.media_ssrc != self.ssrc {
                return;
            }
            self.sample.nack_count += 1;
            for missing in nack.nacks.iter().copied().flatten() {
                self.requested(missing, now);
            }
        } else if packet.is::<PictureLossIndication>() {
            self.sample.pli_count += 1;
        } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
            self.reported(&report.reports, now);
        } else if let Some(report) = packet.downcast_ref::<SenderReport>() {
            // A peer that sends video, too.
            self.reported(&report.reports, now);
        }
    }

    /// The numbers so far.
    pub(super) fn sample(&self) -> NetworkSample {
        let sample = self.sample;
        // Not every peer asks again for what it misses.
        NetworkSample { packets_lost: sample.packets_lost.max(sample.packets_given_up), ..sample }
    }

    fn requested(&mut self, sequence_number: u16, now: Instant) {
        let (age, next) = (u64::from(self.next.wrapping_sub(sequence_number)), self.sample.packets_sent);
        let Some(position) = next.checked_sub(age).filter(|_| age > 0) else { return };
        let requested = self.repairs.request(position, next, self.sample.round_trip, now);
        self.sample.packets_lost += u64::from(requested.is_first);
        if let Some(repair) = requested.repair {
            self.sample.packets_repaired += u64::from(repair == Repair::First);
            self.due.push(position);
        }
    }

    fn reported(&mut self, reports: &[ReceptionReport], now: Instant) {
        let Some(report) = reports.iter().find(|report| report.ssrc == self.ssrc) else { return };
        // Of 24 bits, with a sign: packets that come twice count against those that do not come.
        let lost = (report.total_lost << 8).cast_signed() >> 8;
        let lost = u64::try_from(lost).unwrap_or(0).min(self.sample.packets_sent);
        self.sample.packets_given_up = self.sample.packets_given_up.max(lost);
        let jitter = u64::from(report.jitter) * 1_000_000 / CLOCK_RATE;
        self.sample.jitter = Some(Duration::from_micros(jitter));
        if let Some(round_trip) = round_trip(self.clock.ntp(now), report) {
            self.sample.round_trip = Some(round_trip);
        }
    }
}

/// The time from a sender report to the receiver report that names it, less what the peer kept it: A - LSR - DLSR of
/// RFC 3550, section 6.4.1.
fn round_trip(arrived: u64, report: &ReceptionReport) -> Option<Duration> {
    if report.last_sender_report == 0 {
        return None;
    }
    let arrived = (arrived >> 16) as u32;
    let ticks = arrived.wrapping_sub(report.last_sender_report).wrapping_sub(report.delay);
    // Ticks are of 1/65536 s, on two clocks: a trip of no time may come out a little below it.
    let microseconds = (i64::from(ticks.cast_signed()) * 1_000_000) >> 16;
    if microseconds < -10_000 {
        return None;
    }
    let round_trip = Duration::from_micros(u64::try_from(microseconds).unwrap_or(0));
    Some(round_trip).filter(|time| *time <= LONGEST_ROUND_TRIP)
}

#[cfg(test)]
mod tests {
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::nack_pairs_from_sequence_numbers;

    use super::*;

    const SSRC: u32 = 77;

    fn sent(first: u16, packets: u32, now: Instant) -> Transmission {
        let mut transmission = Transmission::new(SSRC, first, 128, now);
        for n in 0..packets {
            assert_eq!(transmission.packet(1000), first.wrapping_add(n as u16));
        }
        transmission
    }

    fn nack(sequence_numbers: &[u16]) -> TransportLayerNack {
        let nacks = nack_pairs_from_sequence_numbers(sequence_numbers);
        TransportLayerNack { sender_ssrc: 1, media_ssrc: SSRC, nacks }
    }

    fn receiver_report(report: ReceptionReport) -> ReceiverReport {
        ReceiverReport { ssrc: 1, reports: vec![report], ..Default::default() }
    }

    #[test]
    fn a_packet_that_is_asked_for_twice_is_lost_and_repaired_once() {
        let now = Instant::now();
        // Sequence numbers wrap in between.
        let mut transmission = sent(65_530, 20, now);
        transmission.feedback(&nack(&[65_534, 65_535, 0]), now);
        transmission.feedback(&nack(&[0, 2]), now);
        let sample = transmission.sample();
        assert_eq!((sample.nack_count, sample.packets_lost, sample.packets_repaired), (2, 4, 4));
        assert_eq!(sample.packets_sent, 20);
    }

    #[test]
    fn what_was_never_sent_is_not_lost_and_what_is_too_old_is_not_repaired() {
        let now = Instant::now();
        let mut transmission = sent(0, 300, now);
        transmission.feedback(&nack(&[300, 40_000]), now);
        transmission.feedback(&TransportLayerNack { media_ssrc: SSRC + 1, ..nack(&[299]) }, now);
        assert_eq!(transmission.sample().packets_lost, 0);
        transmission.feedback(&nack(&[10, 172]), now);
        let sample = transmission.sample();
        assert_eq!((sample.packets_lost, sample.packets_repaired), (2, 1));
    }

    #[test]
    fn a_receiver_report_gives_loss_jitter_and_round_trip() {
        let start = Instant::now();
        let mut transmission = sent(1, 50, start);
        let sender_report = transmission.frame(9000, true, start).expect("the first frame has a report");
        assert_eq!((sender_report.packet_count, sender_report.octet_count), (50, 50_000));
        let middle = start + Duration::from_millis(999);
        assert!(transmission.frame(12_000, false, middle).is_none());
        let report = ReceptionReport {
            ssrc: SSRC,
            total_lost: 3,
            jitter: 900,
            last_sender_report: (sender_report.ntp_time >> 16) as u32,
            delay: 65_536 / 2,
            ..Default::default()
        };
        transmission.feedback(&receiver_report(report.clone()), start + Duration::from_millis(540));
        let sample = transmission.sample();
        assert_eq!((sample.packets_given_up, sample.packets_lost, sample.key_frames_sent), (3, 3, 1));
        assert_eq!(sample.jitter, Some(Duration::from_millis(10)));
        let round_trip = sample.round_trip.expect("there is a sender report");
        assert!(round_trip.abs_diff(Duration::from_millis(40)) < Duration::from_millis(1), "{round_trip:?}");

        // Of another stream, and with more packets than were sent, or fewer than none.
        let other = ReceptionReport { ssrc: 1, total_lost: 9, ..report.clone() };
        transmission.feedback(&receiver_report(other), start);
        assert_eq!(transmission.sample().packets_given_up, 3);
        let negative = ReceptionReport { total_lost: 0x00ff_ffff, ..report.clone() };
        transmission.feedback(&receiver_report(negative), start);
        assert_eq!(transmission.sample().packets_given_up, 3);
        let absurd = ReceptionReport { total_lost: 0x007f_ffff, ..report };
        transmission.feedback(&receiver_report(absurd), start);
        assert_eq!(transmission.sample().packets_given_up, 50);
    }

    #[test]
    fn a_report_that_names_no_sender_report_or_an_absurd_one_gives_no_round_trip() {
        let start = Instant::now();
        let mut transmission = sent(1, 1, start);
        let sent_at = transmission.frame(0, true, start).map_or(0, |report| (report.ntp_time >> 16) as u32);
        let minute = 60 << 16;
        for last_sender_report in [0, sent_at.wrapping_sub(minute), sent_at.wrapping_add(minute)] {
            let report = ReceptionReport { ssrc: SSRC, last_sender_report, ..Default::default() };
            transmission.feedback(&receiver_report(report), start);
            assert_eq!(transmission.sample().round_trip, None);
        }
    }
}
