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

/// A peer's offer, read.
pub(crate) struct Offer {
    /// As the stack needs it.
    pub(crate) sdp: String,
    /// The peer's candidates.
    pub(crate) candidates: Candidates,
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
        let data = (0..sections.len()).find(|index| sections[*index].kind() == Kind::Data && is_open(*index));
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
        Ok(Self { sdp, candidates: transport.candidates, reply })
    }

    /// The answer for the peer, of the one that the stack made.
    pub(crate) fn answer(&self, sdp: &str) -> Result<String, DescriptionError> {
        self.reply.write(parse(Place::Answer, sdp)?)
    }
}
