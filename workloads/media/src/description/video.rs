//! The one section of video that is sent or received.

use rtc::sdp::description::common::Attribute;

use super::attributes::{valued, values};
use super::direction::Direction;
use super::error::DescriptionError;
use super::place::Place;
use super::section::{Kind, Section};
use super::text::quoted;

const VP8: &str = "VP8";
const CLOCK_RATE: &str = "90000";
/// Formats of VP8 in one section that are looked at: browsers have one or two.
const MOST_FORMATS: usize = 8;
/// What only repairs video.
const REPAIR: [&str; 4] = ["rtx", "red", "ulpfec", "flexfec-03"];

/// Which way the video goes, as we see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// We send it.
    Sent,
    /// We receive it.
    Received,
}

impl Flow {
    /// Whether a section in that direction, as the peer says it, serves.
    fn is_served_by(self, peers: Direction) -> bool {
        match self {
            Self::Sent => peers.receives(),
            Self::Received => peers.sends(),
        }
    }

    /// The peer's direction when nothing goes the other way.
    pub(super) fn peers_direction(self) -> Direction {
        match self {
            Self::Sent => Direction::RecvOnly,
            Self::Received => Direction::SendOnly,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Sent => "send",
            Self::Received => "receive",
        }
    }
}

/// The first open section of video in VP8 that goes the right way.
pub(super) fn choose(place: Place, sections: &[Section<'_>], flow: Flow) -> Result<usize, DescriptionError> {
    let is_candidate = |section: &&Section<'_>| {
        section.kind() == Kind::Video && section.is_open() && flow.is_served_by(section.direction())
    };
    if !sections.iter().any(|section| is_candidate(&section)) {
        return Err(DescriptionError::NoVideo { place, verb: flow.verb() });
    }
    let is_vp8 = |section: &Section<'_>| is_candidate(&section) && !vp8_formats(section).is_empty();
    sections.iter().position(is_vp8).ok_or_else(|| {
        let mut offered: Vec<&str> = Vec::new();
        for encoding in sections.iter().filter(is_candidate).flat_map(encodings) {
            if !REPAIR.contains(&encoding.name) && !offered.contains(&encoding.name) {
                offered.push(encoding.name);
            }
        }
        let offered = if offered.is_empty() { "formats without a name" } else { &offered.join(", ") };
        DescriptionError::NoVp8 { place, offered: quoted(offered) }
    })
}

struct Encoding<'a> {
    format: &'a str,
    name: &'a str,
    clock_rate: &'a str,
}

fn encodings<'a>(section: &Section<'a>) -> impl Iterator<Item = Encoding<'a>> {
    values(section.attributes(), "rtpmap").filter_map(|map| {
        let (format, encoding) = map.trim().split_once(' ')?;
        let mut parts = encoding.trim().split('/');
        Some(Encoding {
            format,
            name: parts.next().unwrap_or_default(),
            clock_rate: parts.next().unwrap_or_default(),
        })
    })
}

/// The payload types of VP8, in the section's order of preference.
pub(super) fn vp8_formats(section: &Section<'_>) -> Vec<String> {
    let is_vp8 = |format: &str| {
        encodings(section).any(|encoding| {
            encoding.format == format
                && encoding.name.eq_ignore_ascii_case(VP8)
                && encoding.clock_rate == CLOCK_RATE
        })
    };
    // RFC 3551, section 6: a payload type is a number below 128. Each once: for all of them everything is read that is said of any.
    let mut seen = [false; 128];
    let mut is_new = |format: &str| {
        let place = format.parse::<usize>().ok().and_then(|number| seen.get_mut(number));
        place.is_some_and(|seen| !std::mem::replace(seen, true))
    };
    let formats = section.media.media_name.formats.iter();
    formats.filter(|format| is_new(format) && is_vp8(format)).take(MOST_FORMATS).cloned().collect()
}

/// What the section says of those formats.
pub(super) fn format_attributes(section: &Section<'_>, formats: &[String]) -> Vec<Attribute> {
    let mut found = Vec::new();
    for format in formats {
        for key in ["rtpmap", "fmtp", "rtcp-fb"] {
            for value in values(section.attributes(), key) {
                let Some((of, what)) = value.trim().split_once(' ') else { continue };
                // Feedback may be said for all formats at once (RFC 4585, section 4.2).
                if of == format || (key == "rtcp-fb" && of == "*") {
                    found.push(valued(key, format!("{format} {}", what.trim())));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::parse;
    use super::*;

    const SESSION: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

    fn choose_of(media: &str, flow: Flow) -> Result<usize, DescriptionError> {
        let session = parse(Place::Offer, &format!("{SESSION}{media}"))?;
        choose(Place::Offer, &Section::all(Place::Offer, &session), flow)
    }

    fn video(port: u16, direction: &str, codec: &str) -> String {
        format!("m=video {port} UDP/TLS/RTP/SAVPF 97\r\na={direction}\r\na=rtpmap:97 {codec}/90000\r\n")
    }

    /// Found by a fuzzer: what was said of a format was taken once for each time that it was named, so that a
    /// description became many times as large.
    #[test]
    fn a_format_that_is_named_often_is_taken_once() {
        let formats: String = (0..128).map(|format| format!(" {format} {format}")).collect();
        let encodings: String = (0..128).map(|format| format!("a=rtpmap:{format} VP8/90000\r\n")).collect();
        let feedback = "a=rtcp-fb:* nack\r\n".repeat(1000);
        let often = " 97".repeat(10_000);
        let section = format!("m=video 9 UDP/TLS/RTP/SAVPF{often}{formats}\r\n{encodings}{feedback}");
        let session = parse(Place::Offer, &format!("{SESSION}{section}")).unwrap();
        let sections = Section::all(Place::Offer, &session);
        let formats = vp8_formats(&sections[0]);
        assert_eq!(formats, ["97", "0", "1", "2", "3", "4", "5", "6"]);
        assert_eq!(format_attributes(&sections[0], &formats).len(), 8 * 1001);
    }

    #[test]
    fn the_first_section_that_goes_the_right_way_is_chosen() {
        let (sent, received) = (video(9, "sendonly", "VP8"), video(9, "recvonly", "vp8"));
        assert_eq!(choose_of(&sent, Flow::Received).unwrap(), 0);
        assert_eq!(choose_of(&received, Flow::Sent).unwrap(), 0);
        assert_eq!(choose_of(&(received.clone() + &sent), Flow::Received).unwrap(), 1);
        let after_others = video(0, "sendrecv", "VP8") + &video(9, "sendrecv", "H264") + &sent;
        assert_eq!(choose_of(&after_others, Flow::Received).unwrap(), 2);
    }

    #[test]
    fn no_video_is_said_clearly() {
        let data_only = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n".to_owned();
        let inactive = video(9, "inactive", "VP8");
        for media in
            [String::new(), data_only, video(9, "recvonly", "VP8"), video(0, "sendrecv", "VP8"), inactive]
        {
            let refused = choose_of(&media, Flow::Received).unwrap_err();
            assert_eq!(refused.to_string(), "the offer has no video to receive", "{media}");
        }
    }

    #[test]
    fn other_encodings_are_named_once_and_without_what_repairs_them() {
        let offered = video(9, "sendrecv", "H264") + "a=rtpmap:98 rtx/90000\r\na=rtpmap:99 H264/90000\r\n";
        let refused = choose_of(&(offered + &video(9, "sendrecv", "AV1")), Flow::Received).unwrap_err();
        assert_eq!(refused.to_string(), "the offer has no VP8 video, only H264, AV1");
        let nameless = choose_of("m=video 9 UDP/TLS/RTP/SAVPF 34\r\n", Flow::Received).unwrap_err();
        assert_eq!(nameless.to_string(), "the offer has no VP8 video, only formats without a name");
    }

    #[test]
    fn only_what_is_said_of_vp8_is_kept_and_feedback_for_all_is_for_it_too() {
        let media = "m=video 9 UDP/TLS/RTP/SAVPF 98 97 300\r\na=rtpmap:97 VP8/90000\r\na=rtpmap:300 VP8/90000\r\n\
            a=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\na=rtcp-fb:* nack\r\na=rtcp-fb:97  nack pli\r\n";
        let session = parse(Place::Offer, &format!("{SESSION}{media}")).unwrap();
        let section = Section::all(Place::Offer, &session)[0];
        let formats = vp8_formats(&section);
        let attributes = format_attributes(&section, &formats);
        assert_eq!(formats, ["97"]);
        let said: Vec<String> = attributes.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["rtpmap:97 VP8/90000", "rtcp-fb:97 nack", "rtcp-fb:97 nack pli"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn garbage_never_panics(lines in proptest::collection::vec("([a-z]=)?[ -~]{0,30}", 0..8)) {
            let _ = choose_of(&lines.join("\r\n"), Flow::Received);
        }
    }
}
