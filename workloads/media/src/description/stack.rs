//! The description that the WebRTC stack is given: made anew, of what it needs.

use rtc::sdp::SessionDescription;
use rtc::sdp::description::common::Attribute;
use rtc::sdp::description::media::MediaDescription;

use super::attributes::{flag, has, valued, values};
use super::direction::Direction;
use super::section::{DATA_CHANNEL, Kind, Section};
use super::transport::Transport;
use super::video::{format_attributes, vp8_formats};

/// A section for the stack, and what it is called there.
pub(super) struct Named<'a> {
    pub(super) mid: String,
    pub(super) section: Section<'a>,
}

/// Writes the description of those sections, over that one transport, with the video in that direction.
pub(super) fn describe(
    session: &SessionDescription,
    transport: &Transport,
    sections: &[Named<'_>],
    direction: Direction,
) -> String {
    let mids: Vec<&str> = sections.iter().map(|named| named.mid.as_str()).collect();
    let group = valued("group", format!("BUNDLE {}", mids.join(" ")));
    let mut described = SessionDescription {
        origin: session.origin.clone(),
        session_name: session.session_name.clone(),
        time_descriptions: session.time_descriptions.iter().take(1).cloned().collect(),
        attributes: std::iter::once(group).chain(transport.of_session()).collect(),
        ..Default::default()
    };
    for (index, named) in sections.iter().enumerate() {
        let mut media = match named.section.kind() {
            Kind::Data => data(&named.section),
            _ => video(&named.section, direction),
        };
        media.attributes.push(valued("mid", &named.mid));
        media.attributes.extend(transport.of_section());
        if index == 0 {
            media.attributes.extend(transport.candidates.attributes());
        }
        described.media_descriptions.push(media);
    }
    described.marshal()
}

fn video(section: &Section<'_>, direction: Direction) -> MediaDescription {
    let mut media = MediaDescription::new_jsep_media_description("video".to_owned(), Vec::new());
    media.media_name.formats = vp8_formats(section);
    media.attributes = vec![flag(direction.name()), flag("rtcp-mux")];
    media.attributes.extend(format_attributes(section, &media.media_name.formats));
    if direction == Direction::SendOnly {
        media.attributes.extend(stream(section));
    }
    media
}

/// The stream that the peer sends.
///
/// Of simulcast (RFC 8853) nothing is taken over: a peer whose offer of it is not answered sends one plain stream.
/// Which SSRC that has is not known then, and `rtc` takes the one that comes where it knows of a track without any.
fn stream(section: &Section<'_>) -> Vec<Attribute> {
    let attributes = section.attributes();
    let is_simulcast = has(attributes, "simulcast")
        || has(attributes, "rid")
        || values(attributes, "ssrc-group").any(|group| group.starts_with("SIM "));
    let mut stream = vec![valued("msid", "peer video")];
    if !is_simulcast {
        let said =
            attributes.iter().filter(|attribute| ["ssrc", "ssrc-group"].contains(&attribute.key.as_str()));
        stream.extend(said.cloned());
    }
    stream
}

fn data(section: &Section<'_>) -> MediaDescription {
    let mut media = MediaDescription::new_jsep_media_description("application".to_owned(), Vec::new());
    media.media_name.protos = ["UDP", "DTLS", "SCTP"].map(ToOwned::to_owned).to_vec();
    media.media_name.formats = vec![DATA_CHANNEL.to_owned()];
    media.attributes = vec![valued("sctp-port", section.sctp_port())];
    media.attributes.extend(section.value("max-message-size").map(|size| valued("max-message-size", size)));
    media
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::text::parse;
    use super::*;

    fn stream_of(lines: &str) -> Vec<String> {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\n{lines}\r\n"
        );
        let session = parse(Place::Offer, &sdp).unwrap();
        stream(&Section::all(Place::Offer, &session)[0]).iter().map(ToString::to_string).collect()
    }

    /// P8: with the SSRC of one of three streams, or with their names, `rtc` waits for what never comes.
    #[test]
    fn of_simulcast_nothing_is_known_but_that_one_stream_comes() {
        let ssrcs = "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\na=ssrc:2 cname:x";
        let plain = ["msid:peer video", "ssrc-group:FID 1 2", "ssrc:1 cname:x", "ssrc:2 cname:x"];
        assert_eq!(stream_of(ssrcs), plain);
        for simulcast in ["a=rid:q send", "a=simulcast:send q;h", "a=ssrc-group:SIM 1 3"] {
            assert_eq!(stream_of(&format!("{ssrcs}\r\n{simulcast}")), ["msid:peer video"], "{simulcast}");
        }
    }
}
