//! Session descriptions.

use std::net::IpAddr;

use crate::checks::limit_candidates;
use crate::description::{Answer, DescriptionError, Flow, Offer};

/// A peer's offer, read.
pub struct ReadOffer(Offer);

/// Reads an offer of video: `is_sent` by us, or by the peer.
///
/// # Errors
/// Where it cannot be used.
pub fn read_offer(sdp: &str, is_sent: bool) -> Result<ReadOffer, DescriptionError> {
    let flow = if is_sent { Flow::Sent } else { Flow::Received };
    Offer::read(sdp, flow).map(ReadOffer)
}

impl ReadOffer {
    /// As the WebRTC stack is given it.
    pub fn sdp(&self) -> &str {
        &self.0.sdp
    }

    /// The answer for the peer, of the one that the stack makes.
    ///
    /// # Errors
    /// Where the stack answers nothing.
    pub fn answer(&self, stacks: &str) -> Result<String, DescriptionError> {
        self.0.answer(stacks)
    }
}

/// Reads the answer to an offer of ours: as the WebRTC stack is given it.
///
/// # Errors
/// Where it cannot be used.
pub fn read_answer(sdp: &str) -> Result<String, DescriptionError> {
    Answer::read(sdp).map(|answer| answer.sdp)
}

/// The description with as few candidates as are checked from `locals`.
pub fn few_candidates(sdp: &str, locals: impl IntoIterator<Item = IpAddr>) -> String {
    limit_candidates(sdp, locals)
}
