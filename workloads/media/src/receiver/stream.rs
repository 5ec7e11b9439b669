//! The stream of video: packets in, frames and feedback out. Time is an argument.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::frame::Received;
use super::queue::{FrameQueue, Pushed};
use super::reception::Reception;
use super::source;
use super::stats::{Counters, count};
use crate::assemble::{Assembler, RtpPacket, Settings};

/// Receiver reports go out this often (RFC 3550, section 6.2, would have it half a second and more for a stream of
/// this rate).
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Who sends feedback without sending media has no SSRC of its own; this is what browsers put there.
const FEEDBACK_SSRC: u32 = 1;

/// One stream's way to the decoder.
pub(super) struct Stream {
    assembler: Assembler,
    reception: Reception,
    queue: FrameQueue,
    /// When the next receiver report is due; `None` before the first packet.
    report_at: Option<Instant>,
    counters: Arc<Counters>,
}

impl Stream {
    /// Before its first packet; so many frames may wait for the decoder.
    pub(super) fn new(assembly: Settings, queued_frames: usize, counters: Arc<Counters>) -> Self {
        Self {
            assembler: Assembler::new(assembly),
            reception: Reception::new(),
            queue: FrameQueue::new(queued_frames),
            report_at: None,
            counters,
        }
    }

    /// Takes in a packet that the system received at `arrived`.
    pub(super) fn packet(&mut self, packet: rtc::rtp::Packet, arrived: Instant, now: Instant) {
        self.counters.packet(packet.payload.len());
        let header = &packet.header;
        let ssrc = source::of(header);
        self.reception.packet(ssrc, header.sequence_number, header.timestamp, arrived);
        self.report_at.get_or_insert(now + REPORT_INTERVAL);
        let packet = RtpPacket {
            ssrc,
            sequence_number: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload,
        };
        // By the time of now: what is missing between packets that waited for us has not been missing for as long.
        self.assembler.handle_packet(packet, now);
        self.counters.reception(self.reception.lost(), self.reception.jitter(), self.assembler.repaired());
        self.enqueue(arrived);
    }

    /// Takes in RTCP that the system received at `arrived`.
    pub(super) fn rtcp(&mut self, packets: &[Box<dyn Packet>], arrived: Instant) {
        for packet in packets {
            if let Some(report) = packet.as_any().downcast_ref::<SenderReport>() {
                self.reception.sender_report(report.ssrc, report.ntp_time, arrived);
            }
        }
    }

    /// Lets timers run.
    pub(super) fn advance(&mut self, now: Instant) {
        self.assembler.handle_timeout(now);
        self.enqueue(now);
    }

    /// When [`Stream::advance`] or [`Stream::feedback`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        [self.assembler.poll_timeout(), self.report_at].into_iter().flatten().min()
    }

    /// The next frame for the decoder.
    pub(super) fn next_frame(&mut self) -> Option<Received> {
        self.queue.pop()
    }

    /// Whether there is a frame for the decoder.
    pub(super) fn has_frame(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The decoder has not got the frame that it was given last, of this timestamp.
    pub(super) fn decoder_lost(&mut self, timestamp: u32) {
        self.queue.decoder_lost();
        self.assembler.decoder_lost(timestamp);
    }

    /// What the sender is to be told now.
    pub(super) fn feedback(&mut self, now: Instant) -> Vec<Box<dyn Packet>> {
        let mut feedback: Vec<Box<dyn Packet>> = Vec::new();
        if let Some((media_ssrc, missing)) = self.assembler.poll_missing(now) {
            count(&self.counters.repairs_requested, missing.len() as u64);
            count(&self.counters.nack_packets, 1);
            let nacks = nack_pairs_from_sequence_numbers(&missing);
            feedback.push(Box::new(TransportLayerNack { sender_ssrc: FEEDBACK_SSRC, media_ssrc, nacks }));
        }
        if let Some(media_ssrc) = self.assembler.poll_keyframe_request(now) {
            count(&self.counters.keyframes_requested, 1);
            feedback.push(Box::new(PictureLossIndication { sender_ssrc: FEEDBACK_SSRC, media_ssrc }));
        }
        if self.report_at.is_some_and(|at| at <= now) {
            self.report_at = Some(now + REPORT_INTERVAL);
            if let Some(report) = self.reception.report(self.assembler.missing(), now) {
                let reports = vec![report];
                feedback.push(Box::new(ReceiverReport {
                    ssrc: FEEDBACK_SSRC,
                    reports,
                    ..Default::default()
                }));
            }
        }
        feedback
    }

    /// Lets what the assembler has queue up for the decoder.
    fn enqueue(&mut self, complete: Instant) {
        while let Some(assembled) = self.assembler.poll_frame() {
            let timestamp = assembled.timestamp();
            match self.queue.push(assembled, complete) {
                Pushed::Frame => self.counters.frame(),
                Pushed::Undecodable => count(&self.counters.undecodable, 1),
                Pushed::Overrun => {
                    count(&self.counters.overruns, 1);
                    self.assembler.decoder_lost(timestamp);
                }
            }
        }
    }
}
