//! Our answer: what the stack answers to the sections it was given, spread over all that were offered.

use rtc::sdp::SessionDescription;
use rtc::sdp::description::common::Attribute;
use rtc::sdp::description::media::{MediaDescription, MediaName};

use super::attributes::{flag, has, value, valued};
use super::error::DescriptionError;
use super::section::{Kind, Section};
use super::setup::Setup;

/// What an answer says of the transport, in each section.
const TRANSPORT: [&str; 4] = ["setup", "ice-ufrag", "ice-pwd", "fingerprint"];

/// What becomes of an offered section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The stack answers it, under that name.
    Answered { mid: String },
    /// Accepted, within the bundle, and no media goes either way. Of all ways to decline a section this is the one that
    /// every peer takes: rejected first sections, above all, confuse many.
    Inactive,
    /// Rejected: it has a transport of its own, or is nothing that can be inactive.
    Rejected,
}

/// What an answer has to repeat of an offered section.
#[derive(Debug)]
pub(super) struct Offered {
    fate: Fate,
    name: MediaName,
    mid: Option<String>,
    formats: Vec<Attribute>,
    has_direction: bool,
    has_rtcp_mux: bool,
    old_sctp_map: Option<String>,
}

impl Offered {
    pub(super) fn new(section: &Section<'_>, fate: Fate) -> Self {
        let is_format = |attribute: &&Attribute| {
            ["rtpmap", "fmtp", "sctp-port", "sctpmap"].contains(&attribute.key.as_str())
        };
        Self {
            fate,
            name: section.media.media_name.clone(),
            mid: section.mid().map(ToOwned::to_owned),
            formats: section.attributes().iter().filter(is_format).cloned().collect(),
            has_direction: matches!(section.kind(), Kind::Video | Kind::OtherMedia),
            has_rtcp_mux: has(section.attributes(), "rtcp-mux"),
            old_sctp_map: section.old_sctp_map(),
        }
    }

    /// The section's beginning in the answer: the offered kind, protocol and formats (RFC 3264, section 6) on this port,
    /// under the offered name.
    fn answer(&self, port: isize) -> MediaDescription {
        let mut answer = MediaDescription::new_jsep_media_description(String::new(), Vec::new());
        answer.media_name = self.name.clone();
        answer.media_name.port.value = port;
        answer.media_name.port.range = None;
        answer.attributes.extend(self.mid.as_ref().map(|mid| valued("mid", mid)));
        answer
    }

    /// No media goes either way: on port 9 the section is accepted all the same, on port 0 rejected.
    ///
    /// A rejected one is as complete as the other, for some look at what they need not: GStreamer for credentials,
    /// aiortc for `rtcp-mux`, werift for the port of SCTP.
    fn without_media(&self, port: isize, transport: &[Attribute]) -> MediaDescription {
        let mut answer = self.answer(port);
        answer.attributes.extend(self.has_direction.then(|| flag("inactive")));
        answer.attributes.extend(self.has_rtcp_mux.then(|| flag("rtcp-mux")));
        answer.attributes.extend(self.formats.iter().cloned());
        answer.attributes.extend(transport.iter().cloned());
        answer
    }

    /// The stack's section under its offered name, and in the syntax of the offer.
    fn answered(&self, stacks: &MediaDescription) -> MediaDescription {
        let mut answered = self.answer(9);
        let is_kept = |attribute: &&Attribute| {
            attribute.key != "mid" && (self.old_sctp_map.is_none() || attribute.key != "sctp-port")
        };
        answered.attributes.extend(stacks.attributes.iter().filter(is_kept).cloned());
        match &self.old_sctp_map {
            Some(map) => answered.attributes.push(valued("sctpmap", map)),
            None => answered.media_name.formats.clone_from(&stacks.media_name.formats),
        }
        answered
    }
}

/// How an offer is answered.
#[derive(Debug)]
pub(super) struct Reply {
    /// All offered sections, in their order.
    pub(super) offered: Vec<Offered>,
    /// The accepted ones in the order of the offered bundle, by index; `None` where the offer has no bundle.
    pub(super) bundle: Option<Vec<usize>>,
    /// Our DTLS role, where the offer leaves no choice: `rtc` takes that role, and says another.
    pub(super) setup: Option<Setup>,
}

impl Reply {
    /// Writes the answer, of the stack's.
    pub(super) fn write(&self, mut session: SessionDescription) -> Result<String, DescriptionError> {
        let mut stacks = std::mem::take(&mut session.media_descriptions);
        let candidates = take_candidates(&mut stacks);
        stacks.iter_mut().for_each(|media| self.say_role(media));
        let live = stacks.iter().find(|media| media.media_name.port.value != 0);
        let live = live.ok_or(DescriptionError::Unanswered)?;
        let is_transport = |attribute: &&Attribute| TRANSPORT.contains(&attribute.key.as_str());
        let transport: Vec<Attribute> = live.attributes.iter().filter(is_transport).cloned().collect();

        let answer = |offered: &Offered| match &offered.fate {
            Fate::Answered { mid } => stacks
                .iter()
                .find(|media| {
                    value(&media.attributes, "mid") == Some(mid) && media.media_name.port.value != 0
                })
                .map_or_else(|| offered.without_media(0, &transport), |media| offered.answered(media)),
            Fate::Inactive => offered.without_media(9, &transport),
            Fate::Rejected => offered.without_media(0, &transport),
        };
        session.media_descriptions = self.offered.iter().map(answer).collect();

        let accepted = self.accepted(&session.media_descriptions);
        session.attributes.retain(|attribute| attribute.key != "group");
        if self.bundle.is_some() {
            let mids = accepted.iter().filter_map(|index| self.offered[*index].mid.as_deref());
            session
                .attributes
                .push(valued("group", format!("BUNDLE {}", mids.collect::<Vec<_>>().join(" "))));
        }
        // In the tagged section, where RFC 9143, section 7.3.1, has them.
        if let Some(tagged) = accepted.first() {
            session.media_descriptions[*tagged].attributes.extend(candidates);
        }
        Ok(session.marshal())
    }

    fn say_role(&self, media: &mut MediaDescription) {
        for attribute in media.attributes.iter_mut().filter(|attribute| attribute.key == "setup") {
            if let Some(setup) = self.setup {
                attribute.value = Some(setup.name().to_owned());
            }
        }
    }

    /// The sections that the answer accepts, the tagged one first.
    fn accepted(&self, answers: &[MediaDescription]) -> Vec<usize> {
        let is_accepted = |index: &usize| answers[*index].media_name.port.value != 0;
        match &self.bundle {
            Some(bundle) => bundle.iter().copied().filter(is_accepted).collect(),
            None => (0..answers.len()).filter(is_accepted).collect(),
        }
    }
}

/// The stack has its candidates in its first section.
fn take_candidates(sections: &mut [MediaDescription]) -> Vec<Attribute> {
    let is_candidate =
        |attribute: &mut Attribute| attribute.key == "candidate" || attribute.key == "end-of-candidates";
    sections
        .iter_mut()
        .flat_map(|media| media.attributes.extract_if(.., is_candidate).collect::<Vec<_>>())
        .collect()
}
