//! What a media section is for, and whether it is open.

use rtc::sdp::SessionDescription;
use rtc::sdp::description::common::Attribute;
use rtc::sdp::description::media::MediaDescription;

use super::attributes::{has, value};
use super::direction::Direction;
use super::place::Place;

/// What data channels are called as a format (RFC 8841, section 5.3).
pub(super) const DATA_CHANNEL: &str = "webrtc-datachannel";
/// The SCTP port that everybody uses, and what is meant where none is said.
pub(super) const SCTP_PORT: &str = "5000";

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Video,
    /// Other media over RTP.
    OtherMedia,
    /// Data channels over SCTP.
    Data,
    Other,
}

/// A media section of a description, as it stands there.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    pub(super) media: &'a MediaDescription,
    session: &'a [Attribute],
    place: Place,
}

impl<'a> Section<'a> {
    pub(super) fn all(place: Place, session: &'a SessionDescription) -> Vec<Self> {
        let section = |media| Self { media, session: &session.attributes, place };
        session.media_descriptions.iter().map(section).collect()
    }

    pub(super) fn attributes(&self) -> &'a [Attribute] {
        &self.media.attributes
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        value(self.attributes(), key)
    }

    pub(super) fn kind(&self) -> Kind {
        let name = &self.media.media_name;
        let over = |protocol: &str| name.protos.iter().any(|word| word.contains(protocol));
        match name.media.as_str() {
            "video" if over("RTP") => Kind::Video,
            "application" if over("SCTP") && over("DTLS") => Kind::Data,
            _ if over("RTP") => Kind::OtherMedia,
            _ => Kind::Other,
        }
    }

    /// Whether its writer wants it. Port 0 declines (RFC 3264, section 6), except where an offer has it only within a
    /// bundle (RFC 9143, section 6).
    pub(super) fn is_open(&self) -> bool {
        let is_bundle_only = self.place == Place::Offer && has(self.attributes(), "bundle-only");
        self.has_port() || is_bundle_only
    }

    /// Whether its writer would have it on a transport of its own too.
    pub(super) fn has_port(&self) -> bool {
        self.media.media_name.port.value != 0
    }

    /// Its name. One that is no word (RFC 5888, section 4) is none: a group that has it in its list could not be read again.
    pub(super) fn mid(&self) -> Option<&'a str> {
        self.value("mid").filter(|mid| !mid.is_empty() && mid.bytes().all(|byte| byte.is_ascii_graphic()))
    }

    pub(super) fn direction(&self) -> Direction {
        Direction::of(self.attributes(), self.session)
    }

    /// The value of `sctpmap`, in the syntax of data channels before RFC 8841: aiortc up to 1.13 writes
    /// `m=application 9 DTLS/SCTP 5000` and understands nothing else.
    pub(super) fn old_sctp_map(&self) -> Option<String> {
        let formats = &self.media.media_name.formats;
        if self.kind() != Kind::Data || formats.iter().any(|format| format == DATA_CHANNEL) {
            return None;
        }
        let port = formats.first().map_or(SCTP_PORT, String::as_str);
        Some(self.value("sctpmap").map_or_else(|| format!("{port} {DATA_CHANNEL}"), ToOwned::to_owned))
    }

    /// Which SCTP port data channels use.
    pub(super) fn sctp_port(&self) -> String {
        let old = self.old_sctp_map();
        let port = old.as_deref().and_then(|map| map.split_ascii_whitespace().next());
        port.or_else(|| self.value("sctp-port")).unwrap_or(SCTP_PORT).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::parse;
    use super::*;

    fn session(media: &str) -> SessionDescription {
        let sdp = format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{media}\r\n");
        parse(Place::Offer, &sdp).unwrap()
    }

    fn first(place: Place, session: &SessionDescription) -> Section<'_> {
        Section::all(place, session)[0]
    }

    #[test]
    fn a_section_is_told_by_its_protocol() {
        for (media, kind) in [
            ("m=video 9 UDP/TLS/RTP/SAVPF 96", Kind::Video),
            ("m=audio 9 RTP/SAVPF 0", Kind::OtherMedia),
            ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", Kind::Data),
            ("m=application 9 DTLS/SCTP 5000", Kind::Data),
            ("m=application 9 TCP/DTLS/BFCP *", Kind::Other),
            ("m=message 9 TCP/MSRP *", Kind::Other),
        ] {
            assert_eq!(first(Place::Offer, &session(media)).kind(), kind, "{media}");
        }
    }

    /// P13.
    #[test]
    fn port_0_is_open_only_in_an_offer_and_within_a_bundle() {
        let bundled = session("m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only");
        assert!(first(Place::Offer, &bundled).is_open());
        assert!(!first(Place::Answer, &bundled).is_open());
        assert!(!first(Place::Offer, &session("m=video 0 UDP/TLS/RTP/SAVPF 96")).is_open());
    }

    /// P13.
    #[test]
    fn both_syntaxes_of_data_channels_are_understood() {
        let old = "m=application 9 DTLS/SCTP 5001";
        let mapped = format!("{old}\r\na=sctpmap:5001 webrtc-datachannel 65535");
        let new = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5002";
        for (media, port, map) in [
            (old, "5001", Some("5001 webrtc-datachannel")),
            (&mapped, "5001", Some("5001 webrtc-datachannel 65535")),
            (new, "5002", None),
        ] {
            let session = session(media);
            let section = first(Place::Offer, &session);
            assert_eq!(section.sctp_port(), port, "{media}");
            assert_eq!(section.old_sctp_map().as_deref(), map, "{media}");
        }
    }
}
