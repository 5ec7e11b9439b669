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
    is_lite: bool,
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
