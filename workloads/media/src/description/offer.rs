//! A peer's offer, and our answer to it.

use super::bundle::Bundle;
use super::candidates::Candidates;
use super::error::DescriptionError;
use super::place::Place;
use super::reply::{Fate, Offered, Reply};
use super::section::{Kind, Section};
use super::stack::{Named, describe};
use super::text::parse;
use super::transport::Transport;
use super::video::{self, Flow};

/// How a peer offers a data channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferedData {
    /// On the video's transport.
    Bundled,
    /// On a transport of its own, which it does not get.
    Apart,
}

/// A peer's offer, read.
pub(crate) struct Offer {
    /// As the stack needs it.
    pub(crate) sdp: String,
    /// The peer's candidates.
    pub(crate) candidates: Candidates,
    /// The peer answers checks and makes none.
    pub(crate) is_lite: bool,
    /// The data channel in it, if there is one.
    pub(crate) data: Option<OfferedData>,
    reply: Reply,
}

impl Offer {
    /// Reads an offer of video that flows that way: its first section of that, and its first of data that shares the
    /// transport.
    pub(crate) fn read(sdp: &str, flow: Flow) -> Result<Self, DescriptionError> {
        let place = Place::Offer;
        let session = parse(place, sdp)?;
        let sections = Section::all(place, &session);
        let video = video::choose(place, &sections, flow)?;
        let bundle = Bundle::read(&session, &sections, video);
        let is_open = |index: usize| bundle.contains(index) && sections[index].is_open();
        let is_data = |index: usize| sections[index].kind() == Kind::Data;
        let data = (0..sections.len()).find(|index| is_data(*index) && is_open(*index));
        let is_apart = (0..sections.len()).any(|index| is_data(index) && sections[index].has_port());
        let offered_data = match data {
            Some(_) => Some(OfferedData::Bundled),
            None => is_apart.then_some(OfferedData::Apart),
        };
        let fate = |index: usize| match sections[index].kind() {
            _ if index == video || Some(index) == data => Fate::Answered { mid: index.to_string() },
            Kind::Video | Kind::OtherMedia if is_open(index) => Fate::Inactive,
            _ => Fate::Rejected,
        };
        let fates: Vec<Fate> = (0..sections.len()).map(fate).collect();
        let accepted: Vec<usize> = bundle.members().filter(|index| fates[*index] != Fate::Rejected).collect();
        let transport = Transport::read(place, &session, &sections, accepted.iter().copied())?;
        let named: Vec<Named<'_>> = std::iter::zip(&sections, &fates)
            .filter_map(|(section, fate)| match fate {
                Fate::Answered { mid } => Some(Named { mid: mid.clone(), section: *section }),
                Fate::Inactive | Fate::Rejected => None,
            })
            .collect();
        let sdp = describe(&session, &transport, &named, flow.peers_direction());
        let offered = std::iter::zip(&sections, fates).map(|(section, fate)| Offered::new(section, fate));
        let reply = Reply {
            offered: offered.collect(),
            bundle: bundle.is_said.then_some(accepted),
            setup: transport.setup.opposite(),
        };
        let Transport { candidates, is_lite, .. } = transport;
        Ok(Self { sdp, candidates, is_lite, data: offered_data, reply })
    }

    /// The answer for the peer, of the one that the stack made.
    pub(crate) fn answer(&self, sdp: &str) -> Result<String, DescriptionError> {
        self.reply.write(parse(Place::Answer, sdp)?)
    }
}

/// Whether who offers to take video offers a data channel with it, as somebody who will report; `false` where the offer is none.
pub fn offers_channel(offer: &str) -> bool {
    Offer::read(offer, Flow::Sent).is_ok_and(|offer| offer.data.is_some())
}

#[cfg(test)]
mod tests {
    use super::super::bundle::Bundle;
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE d a v\r\n\
        a=fingerprint:sha-256 \
        00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
        a=ice-ufrag:peer\r\na=ice-pwd:0123456789012345678901\r\na=setup:active\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\n\
        m=application 9 DTLS/SCTP 5000\r\na=mid:d\r\na=sctpmap:5000 webrtc-datachannel 65535\r\n";

    /// What the stack answers to the two sections that it was given.
    const STACKS: &str = "v=0\r\no=- 2 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 1 2\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=setup:active\r\na=ice-ufrag:ours\r\n\
        a=recvonly\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=end-of-candidates\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=setup:active\r\n\
        a=sctp-port:5000\r\na=ice-ufrag:ours\r\n";

    /// P7, P9, P13.
    #[test]
    fn the_answer_has_every_section_in_the_offers_own_terms() {
        let offer = Offer::read(OFFER, Flow::Received).unwrap();
        let given: Vec<&str> = offer.sdp.lines().filter(|line| line.starts_with("m=")).collect();
        let plain = ["m=video 9 UDP/TLS/RTP/SAVPF 96", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"];
        assert_eq!(given, plain);
        let expected = "v=0\r\no=- 2 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE d a v\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:a\r\na=inactive\r\n\
            a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\na=setup:passive\r\na=ice-ufrag:ours\r\n\
            m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=setup:passive\r\n\
            a=ice-ufrag:ours\r\na=recvonly\r\n\
            m=application 9 DTLS/SCTP 5000\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=setup:passive\r\n\
            a=ice-ufrag:ours\r\na=sctpmap:5000 webrtc-datachannel 65535\r\n\
            a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=end-of-candidates\r\n";
        assert_eq!(offer.answer(STACKS).unwrap(), expected, "candidates are in the tagged section");
    }

    #[test]
    fn who_offers_a_channel_and_who_does_not() {
        let watching = OFFER.replace("a=mid:v", "a=mid:v\r\na=recvonly");
        assert!(offers_channel(&watching));
        assert!(offers_channel(&watching.replace("BUNDLE d a v", "BUNDLE a v")), "apart");
        let without_port = watching.replace("m=application 9", "m=application 0");
        assert!(!offers_channel(&without_port), "declined");
        let within_bundle = format!("{without_port}a=bundle-only\r\n");
        assert!(offers_channel(&within_bundle));
        assert!(!offers_channel(&within_bundle.replace("BUNDLE d a v", "BUNDLE a v")), "within no bundle");
        assert!(!offers_channel(&watching[..watching.find("m=application").unwrap()]));
        assert!(!offers_channel("m=application 9"));
    }

    /// P13.
    #[test]
    fn what_has_a_transport_of_its_own_is_rejected() {
        for (group, left) in
            [("BUNDLE d a v", "d a v"), ("BUNDLE a d", ""), ("BUNDLE v a v", "v a"), ("LS a v", "")]
        {
            let offered = OFFER.replace("BUNDLE d a v", group);
            let offer = Offer::read(&offered, Flow::Received).unwrap();
            let is_bundled = left.contains('d');
            let data = if is_bundled { OfferedData::Bundled } else { OfferedData::Apart };
            assert_eq!(offer.data, Some(data), "{group}");
            let answer = offer.answer(STACKS).unwrap();
            let bundle = answer.lines().find_map(|line| line.strip_prefix("a=group:BUNDLE "));
            assert_eq!(bundle.unwrap_or_default(), left, "{group}");
            let rejected =
                answer.lines().filter(|line| line.starts_with("m=") && line.contains(" 0 ")).count();
            assert_eq!(rejected, 3 - left.split_whitespace().count().max(1), "{group}");
        }
    }

    #[test]
    fn a_group_holds_each_section_once() {
        let session = parse(Place::Offer, &OFFER.replace("BUNDLE d a v", "BUNDLE v v nobody v d")).unwrap();
        let bundle = Bundle::read(&session, &Section::all(Place::Offer, &session), 1);
        assert_eq!(bundle.members().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_stack_that_answers_nothing_is_an_error() {
        let offer = Offer::read(OFFER, Flow::Received).unwrap();
        let refused = offer.answer(&STACKS.replace("m=video 9", "m=video 0").replace("n 9", "n 0"));
        assert!(matches!(refused, Err(DescriptionError::Unanswered)), "{refused:?}");
    }
}
