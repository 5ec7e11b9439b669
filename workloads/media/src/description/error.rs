//! Why a description cannot be used.

use super::limits::{HASHES, MAX_BYTES, MAX_SECTIONS};
use super::place::Place;

/// Why a peer's description cannot be used: what it holds, where, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// More than any description needs.
    #[error("the {place} is {bytes} bytes long; at most {MAX_BYTES} are read")]
    TooLong {
        /// Which description.
        place: Place,
        /// Its length.
        bytes: usize,
    },
    /// More sections than any description needs.
    #[error("the {place} has {sections} media sections; at most {MAX_SECTIONS} are read")]
    TooManySections {
        /// Which description.
        place: Place,
        /// How many it has.
        sections: usize,
    },
    /// It is not SDP.
    #[error("the {place} cannot be read: {why}")]
    Unreadable {
        /// Which description.
        place: Place,
        /// What the parser says of it.
        why: String,
    },
    /// No video section, or none that is sent in the direction that is needed.
    #[error("the {place} has no video to {verb}")]
    NoVideo {
        /// Which description.
        place: Place,
        /// What would be done with the video: `send` or `receive`.
        verb: &'static str,
    },
    /// Video in other encodings only.
    #[error("the {place} has no VP8 video, only {offered}")]
    NoVp8 {
        /// Which description.
        place: Place,
        /// The encodings it has.
        offered: String,
    },
    /// An attribute of the transport is missing.
    #[error("the {place} has no a={attribute}, neither in the section of its transport nor for the session")]
    Missing {
        /// Which description.
        place: Place,
        /// The attribute's name.
        attribute: &'static str,
    },
    /// Fingerprints of other algorithms only.
    #[error("the {place} has a fingerprint by {given} only; {} is supported", HASHES.map(|(name, _)| name).join(", "))]
    UnsupportedFingerprint {
        /// Which description.
        place: Place,
        /// The algorithms it names.
        given: String,
    },
    /// A fingerprint that no certificate can have.
    #[error("the {place}'s fingerprint is not that of a certificate: {given}")]
    MalformedFingerprint {
        /// Which description.
        place: Place,
        /// The fingerprint.
        given: String,
    },
    /// A DTLS role that is none.
    #[error("the {place} says a=setup:{given}; active, passive and actpass are supported")]
    UnknownSetup {
        /// Which description.
        place: Place,
        /// What it says.
        given: String,
    },
    /// The peer can be reached over TCP only.
    #[error("the {place} has candidates for TCP only, {count} of them; media needs UDP")]
    TcpOnly {
        /// Which description.
        place: Place,
        /// How many.
        count: usize,
    },
    /// The stack has rejected all that was asked of it.
    #[error("the WebRTC stack answers none of the sections that it was given")]
    Unanswered,
}
