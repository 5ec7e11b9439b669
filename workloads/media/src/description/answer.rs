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
        let named: Vec<Named<'_>> = (0..sections.len())
            .filter(|index| *index == video || Some(*index) == data)
            // Our offers call their sections by their place.
            .map(|index| Named {
                mid: sections[index].mid().map_or_else(|| index.to_string(), ToOwned::to_owned),
                section: sections[index],
            })
            .collect();
        let sdp = describe(&session, &transport, &named, Flow::Sent.peers_direction());
        Ok(Self { sdp, candidates: transport.candidates })
    }
}
