//! The one transport of a session: who may use it, and who proves to be at its other end.

use rtc::sdp::SessionDescription;
use rtc::sdp::description::common::Attribute;

use super::attributes::{flag, has, value, valued};
use super::candidates::Candidates;
use super::error::DescriptionError;
use super::fingerprint::Fingerprint;
use super::place::Place;
use super::section::Section;
use super::setup::Setup;

/// What a peer says of its end.
pub(super) struct Transport {
    ufrag: String,
    password: String,
    fingerprint: Fingerprint,
    pub(super) setup: Setup,
    pub(super) is_lite: bool,
    pub(super) candidates: Candidates,
}

impl Transport {
    /// Reads the transport of a bundle: that of the first of its `members` that has one (RFC 9143, section 7.1.1: the
    /// tagged section), completed by what is said for the whole session. Other sections may have credentials of their
    /// own, for the case that nothing is bundled: aiortc up to 1.14 offers that.
    pub(super) fn read(
        place: Place,
        session: &SessionDescription,
        sections: &[Section<'_>],
        members: impl Iterator<Item = usize>,
    ) -> Result<Self, DescriptionError> {
        let mut members = members.filter_map(|member| sections.get(member));
        let tagged = members.find(|section| has(section.attributes(), "ice-ufrag")).copied();
        let own = tagged.map_or(&[] as &[Attribute], |section| section.attributes());
        let of_session = session.attributes.as_slice();
        let said = |attribute| value(own, attribute).or_else(|| value(of_session, attribute));
        let needed = |attribute| {
            said(attribute).map(ToOwned::to_owned).ok_or(DescriptionError::Missing { place, attribute })
        };
        let fingerprint = match Fingerprint::choose(place, own)? {
            Some(found) => Some(found),
            None => Fingerprint::choose(place, of_session)?,
        };
        let ufrag = needed("ice-ufrag")?;
        let candidates =
            Candidates::read(place, candidates(sections, tagged, of_session, &ufrag).into_iter())?;
        Ok(Self {
            password: needed("ice-pwd")?,
            fingerprint: fingerprint.ok_or(DescriptionError::Missing { place, attribute: "fingerprint" })?,
            setup: Setup::read(place, said("setup"))?,
            // RFC 8839, section 5.3: for the session. Some say it for a section.
            is_lite: has(of_session, "ice-lite") || has(own, "ice-lite"),
            candidates,
            ufrag,
        })
    }

    /// As attributes of the session.
    pub(super) fn of_session(&self) -> impl Iterator<Item = Attribute> {
        self.is_lite.then(|| flag("ice-lite")).into_iter()
    }

    /// As attributes of each section, without candidates.
    pub(super) fn of_section(&self) -> [Attribute; 4] {
        [
            valued("ice-ufrag", &self.ufrag),
            valued("ice-pwd", &self.password),
            self.fingerprint.attribute(),
            valued("setup", self.setup.name()),
        ]
    }
}

/// Where to look for the candidates of a transport: with the tagged section and the session. Where neither has any, they
/// are with another section of the same credentials, or of none: some stacks put them into the first one, which may be
/// rejected. All others are for the case that nothing is bundled.
fn candidates<'a>(
    sections: &[Section<'a>],
    tagged: Option<Section<'a>>,
    of_session: &'a [Attribute],
    ufrag: &str,
) -> Vec<&'a [Attribute]> {
    let mut places = vec![of_session];
    places.extend(tagged.map(|section| section.attributes()));
    if !places.iter().any(|attributes| has(attributes, "candidate")) {
        let is_same = |section: &&Section<'_>| section.value("ice-ufrag").is_none_or(|other| other == ufrag);
        places.extend(sections.iter().filter(is_same).map(Section::attributes));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::text::parse;
    use super::*;

    /// Two sections of a transport each, as aiortc up to 1.14 offers them.
    const BALANCED: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=setup:passive\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=ice-ufrag:one\r\na=ice-pwd:first\r\n\
        a=candidate:1 1 udp 1 192.0.2.1 1001 typ host\r\n\
        m=application 9 DTLS/SCTP 5000\r\na=ice-ufrag:two\r\na=ice-pwd:second\r\n\
        a=candidate:2 1 udp 1 192.0.2.1 1002 typ host\r\n";

    /// What is read of the transport whose sections are those; every hash is of 32 bytes.
    fn read(sdp: &str, members: &[usize]) -> Vec<String> {
        let fingerprint = format!("a=fingerprint:sha-256 {}\r\nm=video", ["00"; 32].join(":"));
        let session = parse(Place::Offer, &sdp.replacen("m=video", &fingerprint, 1)).unwrap();
        let sections = Section::all(Place::Offer, &session);
        let transport = Transport::read(Place::Offer, &session, &sections, members.iter().copied()).unwrap();
        let said = transport.of_section();
        let said = said.iter().filter(|attribute| attribute.key != "fingerprint").cloned();
        said.chain(transport.candidates.attributes()).map(|attribute| attribute.to_string()).collect()
    }

    /// P13.
    #[test]
    fn the_tagged_section_speaks_for_all_and_the_session_for_what_it_leaves_out() {
        let second = [
            "ice-ufrag:two",
            "ice-pwd:second",
            "setup:passive",
            "candidate:2 1 udp 1 192.0.2.1 1002 typ host",
        ];
        assert_eq!(read(BALANCED, &[1, 0]), second);
        let first = [
            "ice-ufrag:one",
            "ice-pwd:first",
            "setup:passive",
            "candidate:1 1 udp 1 192.0.2.1 1001 typ host",
        ];
        assert_eq!(read(BALANCED, &[0, 1]), first);
    }

    /// P7: where another stack leaves them.
    #[test]
    fn candidates_may_be_with_a_section_that_has_no_transport() {
        let elsewhere = BALANCED.replace("a=ice-ufrag:one\r\na=ice-pwd:first\r\n", "");
        let without = elsewhere.replace("a=candidate:2 1 udp 1 192.0.2.1 1002 typ host\r\n", "");
        assert!(read(&without, &[1]).contains(&"candidate:1 1 udp 1 192.0.2.1 1001 typ host".to_owned()));
        assert!(!read(&elsewhere, &[1]).contains(&"candidate:1 1 udp 1 192.0.2.1 1001 typ host".to_owned()));
    }

    #[test]
    fn an_agent_may_be_lite_for_the_session_or_a_section() {
        let fingerprint = format!("a=fingerprint:sha-256 {}\r\n", ["00"; 32].join(":"));
        for at in ["a=setup:passive\r\n", "a=ice-ufrag:one\r\n"] {
            let sdp = BALANCED.replace(at, &format!("{at}{fingerprint}a=ice-lite\r\n"));
            let session = parse(Place::Offer, &sdp).unwrap();
            let sections = Section::all(Place::Offer, &session);
            let transport = Transport::read(Place::Offer, &session, &sections, [0].into_iter()).unwrap();
            assert_eq!(
                transport.of_session().map(|found| found.key).collect::<Vec<_>>(),
                ["ice-lite"],
                "{at}"
            );
        }
    }
}
