//! Offer and answer, in either direction.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use report::SessionId;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_VP8;
use webrtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use webrtc::error::{Error, Result};
use webrtc::peer_connection::{RTCPeerConnection, RTCSessionDescription};
use webrtc::rtp_transceiver::RTCRtpSenderId;

use super::Peer;
use crate::datagrams::host_candidate;
use crate::description::{self, Flow};
use crate::fanout::connection::{self, VP8_PAYLOAD_TYPE, retransmission_packets, track};
use crate::fanout::dtls_role::offering_to_be_dtls_client;
use crate::fanout::error::FanoutError;
use crate::fanout::exchange::Exchange;
use crate::fanout::keyframe_requests::KeyframeRequests;
use crate::fanout::numbering::Stream;
use crate::fanout::options::Options;
use crate::fanout::outgoing::Outgoing;
use crate::fanout::schedule::Schedule;
use crate::fanout::watch::Watch;
use crate::late_candidates::LateCandidates;

/// How long a set-up may take from the answer on. `rtc` itself never gives up a DTLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

impl Peer {
    /// A connection that offers VP8 and a channel for reports on `locals`, and its SDP. It is lite where the
    /// peer is told of other addresses in the place of those, as [`connection::build`] has it.
    pub(in crate::fanout) fn offer(
        id: SessionId,
        stream: Stream,
        locals: &[SocketAddr],
        advertised: &[SocketAddr],
        options: Options,
        now: Instant,
    ) -> Result<(Self, String)> {
        let mut connection = connection::build(!advertised.is_empty(), now)?;
        // A sender makes the offer sendrecv: peers that add a track of their own to be sent to need that.
        let sender = connection.add_track(track(stream.ssrc))?;
        let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
        let own_channel = connection.create_data_channel(options.channel_label, Some(lossy))?.id();
        add_candidates(&mut connection, locals)?;
        let offer = connection.create_offer(None)?;
        let mut offerer = Self::undescribed(id, stream, connection, sender, Some(own_channel), options, now);
        offerer.exchange = Exchange::new(locals, advertised);
        let (peer, sdp) = offerer.described(offer, now)?;
        Ok((peer, offering_to_be_dtls_client(&sdp)))
    }

    /// Applies the peer's answer.
    pub(in crate::fanout) fn answer(
        &mut self,
        sdp: &str,
        now: Instant,
    ) -> std::result::Result<(), FanoutError> {
        let answer = description::Answer::read(sdp)?;
        tracing::debug!(session = self.id.0, "the answer: {}", answer.candidates);
        let sdp = self.exchange.remote_description(&answer.sdp);
        let answer = RTCSessionDescription::answer(sdp).map_err(FanoutError::Answer)?;
        self.connection.set_remote_description(now, answer).map_err(FanoutError::Answer)?;
        self.learn_codec()?;
        self.connect_by = now + CONNECT_LIMIT;
        Ok(())
    }

    /// A connection that sends VP8 from `locals` to the peer that offers to take it, and the SDP of its answer. A
    /// channel for reports is the peer's to open.
    pub(in crate::fanout) fn accept(
        id: SessionId,
        stream: Stream,
        locals: &[SocketAddr],
        advertised: &[SocketAddr],
        offer: &str,
        options: Options,
        now: Instant,
    ) -> std::result::Result<(Self, String), FanoutError> {
        let offer = description::Offer::read(offer, Flow::Sent)?;
        tracing::debug!(session = id.0, "the offer: {}", offer.candidates);
        let mut exchange = Exchange::new(locals, advertised);
        let sdp = exchange.remote_description(&offer.sdp);
        let mut connection = connection::build(!advertised.is_empty(), now).map_err(FanoutError::Setup)?;
        let described = RTCSessionDescription::offer(sdp).map_err(FanoutError::Offer)?;
        connection.set_remote_description(now, described).map_err(FanoutError::Offer)?;
        let sender = connection.add_track(track(stream.ssrc)).map_err(FanoutError::Offer)?;
        let mut answerer = Self::undescribed(id, stream, connection, sender, None, options, now);
        answerer.exchange = exchange;
        answerer.offered_data = offer.data;
        let (mut peer, sdp) = answerer.respond(locals, now).map_err(FanoutError::Offer)?;
        peer.learn_codec()?;
        Ok((peer, offer.answer(&sdp)?))
    }

    /// Answers the offer that its connection was given.
    fn respond(mut self, locals: &[SocketAddr], now: Instant) -> Result<(Self, String)> {
        add_candidates(&mut self.connection, locals)?;
        let answer = self.connection.create_answer(None)?;
        self.described(answer, now)
    }

    /// A peer of which the connection has not described itself yet.
    fn undescribed(
        id: SessionId,
        stream: Stream,
        connection: RTCPeerConnection,
        sender: RTCRtpSenderId,
        own_channel: Option<RTCDataChannelId>,
        options: Options,
        now: Instant,
    ) -> Self {
        let repairable = retransmission_packets(options.bitrate_kbps, options.packet_bytes);
        Self {
            id,
            connection,
            exchange: Exchange::new(&[], &[]),
            sender,
            ufrag: String::new(),
            outgoing: Outgoing::new(stream, VP8_PAYLOAD_TYPE, repairable, now),
            keyframe_requests: KeyframeRequests::default(),
            schedule: Schedule::default(),
            own_channel,
            peer_channel: None,
            offered_data: None,
            connect_by: now + CONNECT_LIMIT,
            ice_worked: false,
            late_candidates: LateCandidates::default(),
            watch: Watch::default(),
            path: None,
            path_mtu: (None, None),
            channel_label: options.channel_label,
            packet_bytes: options.packet_bytes,
            failed: None,
        }
    }

    /// The peer once its connection has described itself, and that description with all candidates.
    fn described(mut self, description: RTCSessionDescription, now: Instant) -> Result<(Self, String)> {
        self.connection.set_local_description(now, description)?;
        let sdp = self.connection.local_description().ok_or(Error::ErrSessionDescriptionMissingIceUfrag)?.sdp;
        let ufrag = sdp
            .lines()
            .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
            .ok_or(Error::ErrSessionDescriptionMissingIceUfrag)?;
        self.ufrag = ufrag.trim().to_owned();
        self.exchange.local_description(&sdp, self.packet_bytes.get());
        Ok((self, sdp))
    }

    /// Takes what was agreed on for VP8.
    fn learn_codec(&mut self) -> std::result::Result<(), FanoutError> {
        let mut sender = self.connection.rtp_sender(self.sender).ok_or(FanoutError::NoVideo)?;
        let codecs = &sender.get_parameters().rtp_parameters.codecs;
        let codec = codecs.iter().find(|codec| codec.rtp_codec.mime_type.eq_ignore_ascii_case(MIME_TYPE_VP8));
        let codec = codec.ok_or(FanoutError::NoVideo)?;
        let feedback = &codec.rtp_codec.rtcp_feedback;
        let is_repaired = feedback.iter().any(|asks| asks.typ == "nack" && asks.parameter.is_empty());
        self.outgoing.agreed(codec.payload_type, is_repaired);
        Ok(())
    }
}

fn add_candidates(connection: &mut RTCPeerConnection, locals: &[SocketAddr]) -> Result<()> {
    locals.iter().try_for_each(|local| connection.add_local_candidate(host_candidate(*local)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fanout::numbering::Numbering;
    use crate::packetise::PacketBytes;

    const OPTIONS: Options = Options {
        shards: 1,
        bitrate_kbps: 1000,
        packet_bytes: PacketBytes::DEFAULT,
        channel_label: "reports",
        numbering: None,
        ports: None,
    };
    const STREAM: Stream =
        Stream { ssrc: 7, numbering: Numbering { timestamp_offset: 0, sequence_number: 0 } };

    fn locals() -> [SocketAddr; 2] {
        ["127.0.0.1:5000".parse().unwrap(), "[::1]:5001".parse().unwrap()]
    }

    fn assert_candidates(sdp: &str) {
        for expected in ["VP8/90000", "127.0.0.1 5000 typ host", "::1 5001 typ host", "nack pli"] {
            assert!(sdp.contains(expected), "{expected} in {sdp}");
        }
    }

    #[test]
    fn an_offer_is_sendrecv_with_every_candidate_and_nothing_to_trickle() {
        let (mut peer, sdp) =
            Peer::offer(SessionId(7), STREAM, &locals(), &[], OPTIONS, Instant::now()).unwrap();
        assert_candidates(&sdp);
        assert!(sdp.contains("a=sendrecv"), "{sdp}");
        assert!(matches!(peer.answer("v=garbage", Instant::now()), Err(FanoutError::Description(_))));
    }

    /// What a browser offers that wants to watch.
    const RECVONLY: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 120 121\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 \
        11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00\r\n\
        a=setup:actpass\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:120 VP8/90000\r\n\
        a=rtcp-fb:120 nack\r\na=rtcp-fb:120 nack pli\r\na=rtpmap:121 H264/90000\r\n";

    fn accept(offer: &str) -> std::result::Result<(Peer, String), FanoutError> {
        Peer::accept(SessionId(7), STREAM, &locals(), &[], offer, OPTIONS, Instant::now())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Whatever else comes of it, the thread that negotiates for all must survive it.
        #[test]
        fn a_damaged_offer_panics_nobody(
            from in 0..RECVONLY.len(),
            length in 0..60_usize,
            with in prop::sample::select(vec!["", "0", "-1", "99999999999999999999", " ", "\r\n", "a=", ":", "/"]),
        ) {
            let mut offer = RECVONLY.to_owned();
            offer.replace_range(from..(from + length).min(RECVONLY.len()), with);
            let _ = accept(&offer);
        }
    }

    #[test]
    fn an_answer_sends_only_and_takes_the_payload_type_of_the_offer() {
        let (peer, sdp) = accept(RECVONLY).unwrap();
        assert_candidates(&sdp);
        assert!(sdp.contains("a=sendonly") && !sdp.contains("m=application"), "{sdp}");
        assert_eq!(peer.outgoing.payload_type(), 120);
        assert!(sdp.contains(&format!("a=ice-ufrag:{}", peer.ufrag())));
    }

    #[test]
    fn offers_that_take_no_video_are_refused() {
        for (from, to) in [("recvonly", "sendonly"), ("recvonly", "inactive"), ("m=video 9", "m=video 0")] {
            let refused = accept(&RECVONLY.replace(from, to)).err();
            assert!(matches!(refused, Some(FanoutError::NoVideo)), "{from} -> {to}: {refused:?}");
        }
        let refused = accept(&RECVONLY.replace("VP8", "AV1")).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("the peer takes no VP8 video, only AV1, H264"));
        for garbage in ["", "v=garbage", "v=0\r\n"] {
            assert!(accept(garbage).is_err(), "{garbage}");
        }
    }
}
