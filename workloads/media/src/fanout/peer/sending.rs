//! What goes to the peer: frames, text, and the notice that it is over.

use std::time::Instant;

use report::Stage;
use rtc::peer_connection::message::RTCMessage;
use rtc::sansio::Protocol;

use super::{Peer, write};
use crate::fanout::event::Event;
use crate::fanout::frame::Frame;
use crate::fanout::outbox::Outbox;
use crate::fanout::schedule::Admission;

impl Peer {
    /// Writes a frame, of which the first packet is at position `first` among those of all frames, if it is one for this
    /// session; whether there is something to [`Peer::flush`] thereafter.
    pub(in crate::fanout) fn write_frame(
        &mut self,
        frame: &Frame,
        first: u64,
        now: Instant,
        events: &mut Vec<Event>,
    ) -> bool {
        let admission = self.schedule.admit(frame.timestamp, frame.keyframe, now);
        let (Admission::Leave { keyframe_wanted } | Admission::Send { keyframe_wanted, .. }) = admission;
        if let Admission::Send { first: true, .. } = admission {
            events.push(Event::Reached { id: self.id, stage: Stage::FirstFrame, at: now });
            events.push(Event::Started {
                id: self.id,
                timestamp: frame.timestamp,
                timestamp_offset: self.outgoing.timestamp_offset(),
            });
        }
        if let Admission::Send { counting: true, .. } = admission {
            events.push(Event::Counting { id: self.id, timestamp: frame.timestamp });
        }
        if keyframe_wanted {
            events.push(Event::KeyframeWanted(self.id));
        }
        let is_sent = matches!(admission, Admission::Send { .. });
        if is_sent {
            self.write_packets(frame, first, now);
            if frame.keyframe {
                self.keyframe_requests.keyframe();
            }
            if let Some(report) = self.outgoing.report(frame, now) {
                self.write(RTCMessage::RtcpPacket(String::new(), vec![Box::new(report)]), now);
                events.push(self.network());
                events.extend(self.changed_path());
                events.extend(self.changed_path_mtu());
            }
            self.pass_keyframe_request_on(now, events);
        }
        is_sent
    }

    /// Sends text over the peer's channel, or over ours; it leaves with the next drain.
    pub(in crate::fanout) fn send_text(&mut self, text: String, now: Instant) {
        if let Some(channel) = self.peer_channel.or(self.own_channel)
            && let Some(mut channel) = self.connection.data_channel(channel)
            && let Err(error) = channel.send_text(now, text)
        {
            tracing::debug!(session = self.id.0, %error, "text not sent");
        }
    }

    fn write_packets(&mut self, frame: &Frame, first: u64, now: Instant) {
        let Self { connection, outgoing, id, .. } = self;
        for packet in outgoing.packets(frame, first) {
            write(connection, *id, RTCMessage::RtpPacket(String::new(), packet), now);
        }
    }

    /// Closes the connection, with a notice to the peer.
    pub(in crate::fanout) fn close(&mut self, outbox: &Outbox<'_>) {
        if let Err(error) = self.connection.close() {
            tracing::debug!(session = self.id.0, %error, "close");
        }
        self.flush(outbox, Instant::now());
    }
}
