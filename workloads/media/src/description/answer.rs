//! A peer's answer to an offer of ours, which has one section of video and one of data in one bundle.

use super::bundle::Bundle;
use super::candidates::Candidates;
use super::error::DescriptionError;
use super::place::Place;
use super::section::{Kind, Section};
use super::stack::{Named, describe};
use super::text::parse;
use super::transport::Transport;
use super::video::{self, Flow};

/// A peer's answer, read.
pub(crate) struct Answer {
    /// As the stack needs it.
    pub(crate) sdp: String,
    /// The peer's candidates.
    pub(crate) candidates: Candidates,
}

impl Answer {
    /// Reads the answer to an offer of video that we send.
    ///
    /// Sections that the peer rejects are left out, and with them what they say. Whoever answers without a bundle has a
    /// transport for each section, of which we have one: the video's.
    pub(crate) fn read(sdp: &str) -> Result<Self, DescriptionError> {
        let place = Place::Answer;
        let session = parse(place, sdp)?;
        let sections = Section::all(place, &session);
        let video = video::choose(place, &sections, Flow::Sent)?;
        let bundle = Bundle::read(&session, &sections, video);
        let is_open = |index: &usize| sections[*index].is_open();
        let transport =
            Transport::read(place, &session, &sections, bundle.members().filter(|index| is_open(index)))?;
        let shares = |index: usize| {
            bundle.contains(index)
                || (!bundle.is_said
                    && sections[index].value("ice-ufrag") == sections[video].value("ice-ufrag"))
        };
        let data = (0..sections.len())
            .find(|index| sections[*index].kind() == Kind::Data && is_open(index) && shares(*index));
        let chosen: Vec<usize> =
            (0..sections.len()).filter(|index| *index == video || Some(*index) == data).collect();
        let named: Vec<Named<'_>> = std::iter::zip(names(&sections, &chosen), &chosen)
            .map(|(mid, index)| Named { mid, section: sections[*index] })
            .collect();
        let sdp = describe(&session, &transport, &named, Flow::Sent.peers_direction());
        Ok(Self { sdp, candidates: transport.candidates })
    }
}

/// What the stack is to call the `chosen` ones: as the peer does, if that tells them apart. If not, by their place, as our offers do.
fn names(sections: &[Section<'_>], chosen: &[usize]) -> Vec<String> {
    let mids: Option<Vec<&str>> = chosen.iter().map(|index| sections[*index].mid()).collect();
    let is_ambiguous = |mids: &Vec<&str>| (1..mids.len()).any(|index| mids[..index].contains(&mids[index]));
    match mids.filter(|mids| !is_ambiguous(mids)) {
        Some(mids) => mids.into_iter().map(ToOwned::to_owned).collect(),
        None => chosen.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=setup:active\r\n\
        a=fingerprint:sha-256 \
        00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\na=rtpmap:97 VP8/90000\r\na=ice-ufrag:peer\r\na=ice-pwd:secret\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\na=ice-ufrag:peer\r\na=ice-pwd:secret\r\n";

    /// The names and credentials of the sections that the stack is given.
    fn read(sdp: &str) -> Vec<String> {
        let answer = Answer::read(sdp).unwrap();
        let told = |line: &&str| line.starts_with("a=mid:") || line.starts_with("a=ice-ufrag:");
        answer.sdp.lines().filter(told).map(ToOwned::to_owned).collect()
    }

    const BOTH: [&str; 4] = ["a=mid:0", "a=ice-ufrag:peer", "a=mid:1", "a=ice-ufrag:peer"];

    /// P13.
    #[test]
    fn rejected_sections_and_those_of_another_transport_are_left_out() {
        assert_eq!(read(ANSWER), BOTH);
        let rejected = ANSWER.replace("m=application 9", "m=application 0").replace(" 0 1\r\n", " 0\r\n");
        assert_eq!(read(&rejected), BOTH[..2]);
        let (start, data) = ANSWER.split_at(ANSWER.find("m=application").unwrap());
        let other = format!("{start}{}", data.replace("peer", "other").replace("secret", "else"));
        assert_eq!(read(&other), BOTH, "a bundle has one transport, whatever the sections say");
        let unbundled = other.replace("a=group:BUNDLE 0 1\r\n", "");
        assert_eq!(read(&unbundled), BOTH[..2]);
    }

    /// P13.
    #[test]
    fn who_bundles_nothing_and_names_nothing_is_understood_by_place() {
        let nameless = ANSWER
            .replace("a=group:BUNDLE 0 1\r\n", "")
            .replace("a=mid:0\r\n", "")
            .replace("a=mid:1\r\n", "");
        assert_eq!(read(&nameless), BOTH);
    }

    /// A carriage return within a line ends a word to whoever reads the group.
    #[test]
    fn a_name_that_is_no_word_is_none() {
        for odd in ["a=mid:1\r\u{6}", "a=mid:1 2", "a=mid:\u{e9}"] {
            assert_eq!(
                read(&ANSWER.replace("a=group:BUNDLE 0 1\r\n", "").replace("a=mid:1", odd)),
                BOTH,
                "{odd:?}"
            );
        }
    }

    /// The same name twice left one section of them in the stack's group, so that there was no channel.
    #[test]
    fn a_name_that_two_sections_have_is_none() {
        let unbundled = ANSWER.replace("a=group:BUNDLE 0 1\r\n", "");
        assert_eq!(read(&unbundled.replace("a=mid:1", "a=mid:0")), BOTH);
        assert_eq!(read(&unbundled.replace("a=mid:0\r\n", "").replace("a=mid:1", "a=mid:0")), BOTH);
    }
}
